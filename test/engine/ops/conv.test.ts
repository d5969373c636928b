import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Builder } from '#engine/graph.ts';
import { convKernelGradient } from '#engine/ops/conv-kernel.ts';
import * as ops from '#engine/ops/index.ts';
import { type Tensor, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { seeds, settings } from './arbitraries.ts';

const small = (min: number, max: number) => fc.integer({ min, max });

/** One or two spatial axes with odd sizes, strides that leave positions over, dilations, groups and uneven pads. */
const cases = small(1, 2).chain((rank) => {
  const each = (min: number, max: number) => fc.array(small(min, max), { minLength: rank, maxLength: rank });
  return fc.record({
    batch: small(1, 2),
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
    expect(() => ops.conv(b, x, b.input('m', 'float32', [4, 3]))).toThrow('convolution wants kernels');
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
      return checkGradients(
        [x, w],
        (b, [x, w]) => ops.convTranspose(b, x!, w!, { strides, dilations, groups, outputPads: 1 }),
        { seed: c.seed },
      );
    });
    await fc.assert(property, settings);
  });

  test('refuses channels that do not fit', () => {
    const b = new Builder();
    const [x, w] = [b.input('x', 'float32', [1, 3, 8]), b.input('w', 'float32', [4, 2, 3])];
    expect(() => ops.convTranspose(b, x, w)).toThrow(/wants \[batch, 4, \.\.\.1 axes\].*got \[1, 3, 8\]/);
  });
});

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
