import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { vjp } from '#engine/grad.ts';
import { Builder, topological, type Value } from '#engine/graph.ts';
import { convKernelGradient } from '#engine/ops/conv-kernel.ts';
import * as ops from '#engine/ops/index.ts';
import { type Tensor, tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { seeds, settings } from './arbitraries.ts';

const small = (min: number, max: number) => fc.integer({ min, max });

/** One to three spatial axes with odd sizes, strides that leave positions over, dilations, groups and uneven pads. */
const cases = small(1, 3).chain((rank) => {
  const each = (min: number, max: number) => fc.array(small(min, max), { minLength: rank, maxLength: rank });
  return fc.record({
    batch: small(0, 2),
    groups: small(1, 3),
    inputs: small(1, 2),
    outputs: small(1, 2),
    kernel: each(1, 3),
    strides: each(1, 3),
    dilations: each(1, 2),
    pads: each(0, 2),
    padsAfter: each(0, 2),
    extra: each(0, 3),
    seed: seeds,
  });
});
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

const extent = (c: Case, i: number) => (c.kernel[i]! - 1) * c.dilations[i]! + 1;
const options = ({ strides, dilations, pads, padsAfter, groups }: Case) => ({
  strides,
  dilations,
  pads,
  padsAfter,
  groups,
});
const float = (seed: number, shape: readonly number[]) => random(seed, shape, -1, 1, 'float32');

function operands(c: Case): Tensor[] {
  const dims = c.kernel.map((_, i) => Math.max(1, extent(c, i) - c.pads[i]! - c.padsAfter[i]! + c.extra[i]!));
  return [
    float(c.seed, [c.batch, c.groups * c.inputs, ...dims]),
    float(c.seed + 1, [c.groups * c.outputs, c.inputs, ...c.kernel]),
    float(c.seed + 2, [c.groups * c.outputs]),
  ];
}

describe('conv', () => {
  test('is the sum of products under the kernel, written out', async () => {
    const [x, w] = [float(1, [1, 2, 4, 5]), float(2, [3, 2, 2, 3])];
    const { y } = await evaluate([x, w], (b, [x, w]) => ({
      y: ops.conv(b, x!, w!, undefined, { strides: [2, 1], dilations: [1, 2], pads: [1, 2], padsAfter: [0, 1] }),
    }));
    const [xs, ws] = [toNumbers(x), toNumbers(w)];
    const at = (c: number, i: number, j: number) => (i < 0 || i >= 4 || j < 0 || j >= 5 ? 0 : xs[(c * 4 + i) * 5 + j]!);
    const [, , rows, columns] = y!.shape as readonly [number, number, number, number];
    expect([rows, columns]).toEqual([2, 4]);
    for (let m = 0; m < 3; m++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) {
          let sum = 0;
          for (let c = 0; c < 2; c++)
            for (let p = 0; p < 2; p++)
              for (let q = 0; q < 3; q++)
                sum += ws[((m * 2 + c) * 2 + p) * 3 + q]! * at(c, i * 2 + p - 1, j + q * 2 - 2);
          expect(toNumbers(y!)[(m * rows + i) * columns + j]).toBeCloseTo(sum, 5);
        }
  });

  test('has a gradient by image, kernel and bias for all attributes, and that has its own', async () => {
    const property = fc.asyncProperty(cases, (c) =>
      checkGradients(operands(c), (b, [x, w, bias]) => ops.conv(b, x!, w!, bias, options(c)), { seed: c.seed }),
    );
    await fc.assert(property, { ...settings, numRuns: 40 });
  });

  test('has the gradient of a kernel for one group in one plain product, and of several in a batched one', () => {
    const products = (groups: number, limit?: number) => {
      const b = new Builder();
      const [x, ct] = [b.input('x', 'float32', [2, 4, 5]), b.input('ct', 'float32', [2, 6, 3])];
      const attrs = { kernel: [3], strides: [1], dilations: [1], before: [0], after: [0], groups };
      const nodes = topological([convKernelGradient(b, x, ct, attrs, limit)]);
      const count = (name: string) => nodes.filter(({ op }) => op.name === name).length;
      return [count('Gemm'), count('MatMul')];
    };
    expect([products(1), products(2)]).toEqual([
      [1, 0],
      [0, 1],
    ]);
    // Three taps of four channels at 2 · 3 positions are 72 numbers: joined if they may be, else each by itself.
    expect([products(1, 72), products(1, 71), products(2, 72), products(2, 71)]).toEqual([
      [1, 0],
      [3, 0],
      [0, 1],
      [0, 3],
    ]);
  });

  test('keeps a symbolic batch', () => {
    const b = new Builder();
    const y = ops.conv(
      b,
      b.input('x', 'float32', ['rows', 3, 8, 8]),
      b.input('w', 'float32', [4, 3, 3, 3]),
      undefined,
      { pads: 1 },
    );
    expect(y.type.shape).toEqual(['rows', 4, 8, 8]);
  });

  test('refuses channels, groups, kernels and pads that do not fit', () => {
    const b = new Builder();
    const [x, w] = [b.input('x', 'float32', [1, 3, 8]), b.input('w', 'float32', [4, 2, 3])];
    expect(() => ops.conv(b, x, w)).toThrow(/wants \[batch, 2, \.\.\.1 axes\].*got \[1, 3, 8\] and \[4, 2, 3\]/);
    expect(() => ops.conv(b, x, w, undefined, { groups: 0 })).toThrow('convolution wants 1 group or more; got 0');
    const wide = b.input('k', 'float32', [4, 3, 9]);
    expect(() => ops.conv(b, x, wide)).toThrow(/wants at least 9 positions on spatial axis 0, pads included; got 8/);
    expect(() => ops.conv(b, x, wide, undefined, { pads: -1 })).toThrow('wants 1 pads of 0 or more; got [-1]');
    expect(() => ops.conv(b, x, b.input('m', 'float32', [4, 3]))).toThrow('wants 1 to 3 spatial axes; got 0');
    expect(() => ops.conv(b, x, b.input('d', 'float32', [4, 3, 1, 1, 1, 1]))).toThrow(
      'wants 1 to 3 spatial axes; got 4',
    );
    expect(() => ops.conv(b, x, b.input('u', 'float32', [4, 3, 'size']))).toThrow(
      'convolution wants kernels of sizes known in advance; got [4, 3, size]',
    );
    const fits = b.input('f', 'float32', [4, 3, 3]);
    for (const pads of [{ padsAfter: -1 }, { pads: -1, padsAfter: 0 }])
      expect(() => ops.conv(b, x, fits, undefined, pads)).toThrow('wants 1 pads of 0 or more; got [-1]');
    expect(() => ops.maxPool(b, b.input('i', 'float32', [1, 1, 4, 4]), [2, 2], { strides: [2, 0] })).toThrow(
      'wants 2 strides of 1 or more; got [2, 0]',
    );
    expect(() => ops.conv(b, x, fits, undefined, { strides: 0 })).toThrow('wants 1 strides of 1 or more; got [0]');
    expect(() => ops.conv(b, x, fits, undefined, { dilations: [1, 1] })).toThrow(
      'wants 1 dilations of 1 or more; got [1, 1]',
    );
    expect(() => ops.conv(b, x, fits, undefined, { dilations: 0 })).toThrow('wants 1 dilations of 1 or more; got [0]');
    expect(() => ops.conv(b, x, b.input('e', 'float32', [4, 3, 0]))).toThrow(
      'wants 1 kernel sizes of 1 or more; got [0]',
    );
    expect(() => ops.conv(b, b.input('s', 'float32', [1, 3, 'width']), fits)).toThrow(
      /wants spatial axes of sizes known in advance; got \[1, 3, width\]/,
    );
    expect(() => ops.conv(b, x, b.input('l', 'float32', [4, 3, 3]), w)).toThrow(/wants a bias \[4\]; got \[4, 2, 3\]/);
  });
});

describe('convTranspose', () => {
  test('is the transpose: ⟨conv(x), y⟩ = ⟨x, convTranspose(y)⟩', async () => {
    const property = fc.asyncProperty(cases, async (c) => {
      const [x, w] = operands(c) as [Tensor, Tensor, Tensor];
      const { p, q } = await evaluate([x, w], (b, [x, w]) => {
        const y = ops.conv(b, x!, w!, undefined, options(c));
        const ct = b.constant(float(c.seed + 9, y.type.shape.map(Number)));
        const reached = y.type.shape.slice(2).map((n, i) => (Number(n) - 1) * c.strides[i]! + extent(c, i));
        const outputPads = reached.map((n, i) => Number(x!.type.shape[i + 2]) - (n - c.pads[i]! - c.padsAfter[i]!));
        const back = ops.convTranspose(b, ct, w!, { ...options(c), outputPads });
        return { p: ops.reduceSum(b, ops.mul(b, y, ct)), q: ops.reduceSum(b, ops.mul(b, x!, back)) };
      });
      expect(toNumbers(p!)[0]).toBeCloseTo(toNumbers(q!)[0]!, 4);
    });
    await fc.assert(property, settings);
  });

  test('has a gradient by both, and that has its own', async () => {
    const property = fc.asyncProperty(cases, (c) => {
      const x = float(c.seed, [c.batch, c.groups * c.inputs, ...c.kernel.map((_, i) => 2 + c.extra[i]!)]);
      const w = float(c.seed + 1, [c.groups * c.inputs, c.outputs, ...c.kernel]);
      const { strides, dilations, groups } = c;
      // Two positions or more make a result of more than an extent, so that these pads leave something of it.
      const pads = c.pads.map((size, i) => Math.min(size, Math.floor((extent(c, i) - 1) / 2)));
      const outputPads = c.padsAfter;
      return checkGradients(
        [x, w],
        (b, [x, w]) => ops.convTranspose(b, x!, w!, { strides, dilations, groups, pads, outputPads }),
        { seed: c.seed },
      );
    });
    await fc.assert(property, { ...settings, numRuns: 24 });
  });

  test('lays kernels over each other, and has what is cut off or added at the end', async () => {
    const [x, w] = [tensorFrom('float32', [1, 1, 2], [1, 10]), tensorFrom('float32', [1, 1, 3], [1, 2, 3])];
    const results = await evaluate([x, w], (b, [x, w]) => ({
      whole: ops.convTranspose(b, x!, w!),
      strided: ops.convTranspose(b, x!, w!, { strides: 2 }),
      cut: ops.convTranspose(b, x!, w!, { pads: 1, padsAfter: 0 }),
      longer: ops.convTranspose(b, x!, w!, { pads: 1, outputPads: 3 }),
    }));
    expect(Object.values(results).map(toNumbers)).toEqual([
      [1, 12, 23, 30],
      [1, 2, 13, 20, 30],
      [12, 23, 30],
      [12, 23, 30, 0, 0],
    ]);
  });

  test('refuses channels that do not fit', () => {
    const b = new Builder();
    const [x, w] = [b.input('x', 'float32', [1, 3, 8]), b.input('w', 'float32', [4, 2, 3])];
    expect(() => ops.convTranspose(b, x, w)).toThrow(/wants \[batch, 4, \.\.\.1 axes\].*got \[1, 3, 8\]/);
    const fits = b.input('f', 'float32', [3, 2, 3]);
    expect(() => ops.convTranspose(b, x, fits, { outputPads: [] })).toThrow('wants 1 output pads of 0 or more; got []');
    expect(() => ops.convTranspose(b, x, fits, { outputPads: -1 })).toThrow(
      'wants 1 output pads of 0 or more; got [-1]',
    );
  });
});

describe('the gradient by an image', () => {
  const opsOf = (x: readonly number[], w: readonly number[], options: Parameters<typeof ops.conv>[4] = {}) => {
    const b = new Builder();
    const [image, kernel] = [b.input('x', 'float32', x), b.input('w', 'float32', w)];
    const y = ops.conv(b, image, kernel, undefined, options);
    const nodes = topological([vjp(b, [y], [b.input('ct', 'float32', y.type.shape)], [image])[0]!]);
    return nodes.map(({ op }) => op.name).filter((name) => name.startsWith('Conv') || name === 'Gather');
  };

  test('is a convolution where the kernel moves by single positions and has at most half the numbers', () => {
    const kernel = [4, 4, 3, 3];
    expect(opsOf([2, 4, 6, 6], kernel)).toEqual(['Gather', 'Conv']);
    expect(opsOf([2, 4, 5, 6], kernel)).toEqual(['ConvTranspose']);
    expect(opsOf([2, 4, 9, 9], kernel, { strides: [1, 2] })).toEqual(['ConvTranspose']);
  });

  test('is one whatever the size of kernels that have no taps to turn', () => {
    expect(opsOf([1, 4, 3, 3], [40, 4, 1, 1])).toEqual(['Conv']);
    expect(opsOf([1, 4, 3, 3], [40, 4, 1, 2])).toEqual(['ConvTranspose']);
  });

  test('is none where pads reach beyond the kernel', () => {
    const [x, kernel] = [
      [2, 4, 9, 9],
      [4, 4, 3, 3],
    ];
    expect(opsOf(x!, kernel!, { pads: 2 })).toEqual(['Gather', 'Conv']);
    expect(opsOf(x!, kernel!, { pads: 4, dilations: 2 })).toEqual(['Gather', 'Conv']);
    expect(opsOf(x!, kernel!, { pads: [2, 3] })).toEqual(['ConvTranspose']);
    expect(opsOf(x!, kernel!, { pads: 2, padsAfter: [2, 3] })).toEqual(['ConvTranspose']);
  });

  test.each([
    ['of uneven kernels', [4, 3, 2, 3], { pads: [1, 0], padsAfter: [0, 2], dilations: [1, 2] }],
    ['of groups', [4, 3, 2, 2], { groups: 2, pads: 1 }],
    ['of single taps', [5, 3, 1, 1], {}],
  ] as const)('agrees with differences where it is a convolution, %s', async (_, kernel, options) => {
    const groups = 'groups' in options ? options.groups : 1;
    const image = [2, 3 * groups, 8, 9];
    expect(opsOf(image, kernel, options)).toContain('Conv');
    await checkGradients([float(1, image), float(2, kernel)], (b, [x, w]) => ops.conv(b, x!, w!, undefined, options), {
      seed: 3,
    });
  });
});

test.each([
  // Twice the numbers of a kernel beside those that have all channels at the positions.
  [6, 2, 2, true],
  [5, 2, 2, false],
] as const)(
  'whether kernels of 3 taps are small is seen beside %i positions',
  (positions, inputs, outputs, isSmall) => {
    const b = new Builder();
    const [x, ct] = [
      b.input('x', 'float32', [4, inputs, positions + 2]),
      b.input('ct', 'float32', [4, outputs, positions]),
    ];
    const attrs = { kernel: [3], strides: [1], dilations: [1], before: [0], after: [0], groups: 1 };
    const names = topological([convKernelGradient(b, x, ct, attrs)]).map(({ op }) => op.name);
    expect(names.includes('ReduceSum')).toBe(isSmall);
  },
);

test.each([
  [11, [12, 11]],
  [5, [12, 5]],
  [12, [12, 12]],
  [13, [13, 12]],
] as const)('the longer side comes first in the products of images, with %i outputs', (outputs, sides) => {
  const b = new Builder();
  const [x, ct] = [b.input('x', 'float32', [2, 2, 20, 20]), b.input('ct', 'float32', [2, outputs, 19, 18])];
  const attrs = { kernel: [2, 3], strides: [1, 1], dilations: [1, 1], before: [0, 0], after: [0, 0], groups: 1 };
  const [product] = topological([convKernelGradient(b, x, ct, attrs)]).filter(({ op }) => op.name === 'MatMul');
  expect(product!.outputs[0]!.type.shape).toEqual([2, 1, ...sides]);
  // The taps are joined; the cotangent is not.
  expect(product!.inputs[0]!.node!.op.name).toBe(outputs < 12 ? 'Concat' : 'Reshape');
});

test.each([
  ['few outputs', 2, 2],
  ['many outputs', 2, 40],
  ['groups', 4, 8],
] as const)(
  'the kernel gradient of small kernels is the sum of those of images, with %s',
  async (name, inputs, outputs) => {
    const groups = name === 'groups' ? 2 : 1;
    const attrs = { kernel: [2, 3], strides: [1, 2], dilations: [2, 1], before: [0, 0], after: [0, 0], groups };
    const [x, ct] = [float(1, [3, inputs, 9, 15]), float(2, [3, outputs, 7, 7])];
    const nodesOf = (limit?: number) => {
      const b = new Builder();
      const values = [x, ct].map((one, i) => b.input(`${i}`, 'float32', one.shape)) as [Value, Value];
      return topological([convKernelGradient(b, ...values, attrs, limit)]).map(({ op }) => op.name);
    };
    expect(nodesOf().filter((op) => op === 'ReduceSum')).toHaveLength(1);
    expect(nodesOf(0)).not.toContain('ReduceSum');
    const { p, q } = await evaluate([x, ct], (b, [x, ct]) => ({
      p: convKernelGradient(b, x!, ct!, attrs),
      q: convKernelGradient(b, x!, ct!, attrs, 0),
    }));
    expect(p!.shape).toEqual([outputs, inputs / groups, 2, 3]);
    for (const [i, value] of toNumbers(p!).entries()) expect(toNumbers(q!)[i]).toBeCloseTo(value, 4);
  },
);

test.each([1, 2])(
  'the kernel gradient is the same with every tap in a product of its own (%i groups)',
  async (groups) => {
    const attrs = { kernel: [2, 3], strides: [1, 2], dilations: [1, 1], before: [0, 0], after: [0, 0], groups };
    const { p, q } = await evaluate([float(1, [2, 4, 5, 7]), float(2, [2, 6, 4, 3])], (b, [x, ct]) => ({
      p: convKernelGradient(b, x!, ct!, attrs),
      q: convKernelGradient(b, x!, ct!, attrs, 0),
    }));
    expect(q!.shape).toEqual([6, 4 / groups, 2, 3]);
    for (const [i, value] of toNumbers(p!).entries()) expect(toNumbers(q!)[i]).toBeCloseTo(value, 4);
  },
);
