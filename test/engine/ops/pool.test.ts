import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { grad, vjp } from '#engine/grad.ts';
import { Builder, topological, type Value } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { sizeOf } from '#engine/type.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { seeds, settings } from './arbitraries.ts';

const small = (min: number, max: number) => fc.integer({ min, max });

/** Overlapping and separate windows, positions left over, and pads smaller than the kernel. */
const cases = small(1, 3).chain((rank) =>
  fc.record({
    axes: fc.array(
      small(1, 3).chain((kernel) =>
        fc.record({
          kernel: fc.constant(kernel),
          stride: small(1, 3),
          dilation: small(1, 2),
          before: fc.nat(kernel - 1),
          after: fc.nat(kernel - 1),
          extra: fc.nat(4),
        }),
      ),
      { minLength: rank, maxLength: rank },
    ),
    batch: fc.nat(2),
    includePads: fc.boolean(),
    seed: seeds,
  }),
);
type Axes = typeof cases extends fc.Arbitrary<{ axes: infer T }> ? T : never;

const CHANNELS = 3;

const options = (axes: Axes) => ({
  strides: axes.map(({ stride }) => stride),
  pads: axes.map(({ before }) => before),
  padsAfter: axes.map(({ after }) => after),
});

test('maxPool has a gradient with overlapping windows, uneven pads, strides and dilations, and that has its own', async () => {
  const property = fc.asyncProperty(cases, ({ axes, batch, seed }) => {
    const dilations = axes.map(({ dilation }) => dilation);
    const shape = [batch, CHANNELS, ...axes.map(({ kernel, extra }, i) => (kernel - 1) * dilations[i]! + 1 + extra)];
    // Values far apart, so that no step of the differences changes which one is the largest.
    const size = sizeOf(shape);
    const order = Array.from({ length: size }, (_, i) => ((i * 7919 + seed) % size) * 0.3 - size * 0.15);
    const kernel = axes.map((axis) => axis.kernel);
    return checkGradients(
      [tensorFrom('float64', shape, order)],
      (b, [x]) => ops.sin(b, ops.maxPool(b, x!, kernel, { ...options(axes), dilations })),
      { seed },
    );
  });
  await fc.assert(property, { ...settings, numRuns: 24 });
});

/** Kernels side by side, what is left over too little for one more. */
const tiles = small(1, 3).chain((rank) =>
  fc.record({
    axes: fc.array(
      fc.record({ kernel: small(1, 3), count: small(1, 3), rest: fc.nat(2) }).map(({ kernel, count, rest }) => ({
        ...{ kernel, stride: kernel, dilation: 1, before: 0, after: 0 },
        extra: kernel * (count - 1) + Math.min(rest, kernel - 1),
      })),
      { minLength: rank, maxLength: rank },
    ),
    batch: fc.nat(2),
    seed: seeds,
  }),
);

test.each([
  ['of kernels side by side', tiles],
  ['of any kernels', cases],
] as const)('maxPool %s has the same gradients in float32 as in float64', async (_, of) => {
  const property = fc.asyncProperty(of, async ({ axes, batch, seed }) => {
    const dilations = axes.map(({ dilation }) => dilation);
    const shape = [batch, CHANNELS, ...axes.map(({ kernel, extra }, i) => (kernel - 1) * dilations[i]! + 1 + extra)];
    const size = sizeOf(shape);
    const order = Array.from({ length: size }, (_, i) => ((i * 7919 + seed) % size) * 0.3 - size * 0.15);
    const kernel = axes.map((axis) => axis.kernel);
    const pooled = (b: Builder, x: Value) => ops.sin(b, ops.maxPool(b, x, kernel, { ...options(axes), dilations }));
    const slopes = await Promise.all(
      (['float32', 'float64'] as const).map((dtype) =>
        evaluate([tensorFrom(dtype, shape, order)], (b, [x]) => {
          const [first] = grad(b, ops.reduceSum(b, pooled(b, x!)), [x!]);
          const [second] = grad(b, ops.reduceSum(b, ops.mul(b, first!, x!)), [x!]);
          return { first: first!, second: second! };
        }),
      ),
    );
    for (const name of ['first', 'second']) {
      const [got, wanted] = slopes.map((found) => toNumbers(found[name]!));
      for (const [i, value] of wanted!.entries())
        expect(Math.abs(got![i]! - value)).toBeLessThan(2e-3 * Math.max(1, Math.abs(value)));
    }
  });
  await fc.assert(property, { ...settings, numRuns: 40 });
});

test('the largest elements under one of several kernels side by side share its cotangent', async () => {
  const x = tensorFrom('float32', [1, 1, 2, 5], [3, 3, 1, 0, 9, 2, 3, 0, 1, 9]);
  const ct = tensorFrom('float32', [1, 1, 1, 2], [6, 8]);
  const { dx } = await evaluate([x, ct], (b, [x, ct]) => {
    const y = ops.maxPool(b, x!, [2, 2], { strides: 2 });
    return { dx: vjp(b, [y], [ct!], [x!])[0]! };
  });
  expect(toNumbers(dx!)).toEqual([2, 2, 4, 0, 0, 0, 2, 0, 4, 0]);
});

test('averagePool has a gradient, with and without counting pads, and that has its own', async () => {
  const property = fc.asyncProperty(cases, ({ axes, batch, includePads, seed }) => {
    const x = random(seed, [batch, CHANNELS, ...axes.map(({ kernel, extra }) => kernel + extra)], -1, 1, 'float32');
    const kernel = axes.map((axis) => axis.kernel);
    return checkGradients(
      [x],
      (b, [x]) => ops.sin(b, ops.averagePool(b, x!, kernel, { ...options(axes), includePads })),
      { seed },
    );
  });
  await fc.assert(property, { ...settings, numRuns: 24 });
});

/** Every window of a pool over one channel, as the numbers in it; what lies in the pads is undefined. */
function windowsOf(axes: Axes, dilations: readonly number[], size: readonly number[]): (number | undefined)[][] {
  const along = axes.map(({ kernel, stride, before, after }, i) => {
    const extent = (kernel - 1) * dilations[i]! + 1;
    const count = Math.floor((size[i]! + before + after - extent) / stride) + 1;
    return Array.from({ length: count }, (_, at) =>
      Array.from({ length: kernel }, (_, k) => at * stride + k * dilations[i]! - before),
    );
  });
  const flat = (index: readonly number[]) =>
    index.every((at, i) => at >= 0 && at < size[i]!) ? index.reduce((sum, at, i) => sum * size[i]! + at, 0) : undefined;
  const product = <T>(lists: readonly T[][]): T[][] =>
    lists.reduce<T[][]>((all, list) => all.flatMap((before) => list.map((one) => [...before, one])), [[]]);
  return product(along).map((window) => product(window).map(flat));
}

test('pools are the maximum and the mean of what lies under the kernel, whatever the pads', async () => {
  const property = fc.asyncProperty(cases, async ({ axes, seed }) => {
    const size = axes.map(({ kernel, extra }) => kernel + extra);
    const longer = axes.map(({ kernel, dilation, extra }) => (kernel - 1) * dilation + 1 + extra);
    const dilations = axes.map(({ dilation }) => dilation);
    const kernel = axes.map((axis) => axis.kernel);
    const [x, y] = [
      random(seed, [1, 1, ...size], -2, -1, 'float32'),
      random(seed, [1, 1, ...longer], -2, -1, 'float32'),
    ];
    const got = await evaluate([x, y], (b, [x, y]) => ({
      most: ops.maxPool(b, y!, kernel, { ...options(axes), dilations }),
      mean: ops.averagePool(b, x!, kernel, options(axes)),
      padded: ops.averagePool(b, x!, kernel, { ...options(axes), includePads: true }),
    }));
    const [xs, ys] = [toNumbers(x), toNumbers(y)];
    const ones = axes.map(() => 1);
    const wanted = {
      most: windowsOf(axes, dilations, longer).map((at) => Math.max(...at.map((i) => (i === undefined ? -9 : ys[i]!)))),
      mean: windowsOf(axes, ones, size).map((at) => {
        const inside = at.filter((i) => i !== undefined);
        return inside.reduce((sum, i) => sum + xs[i]!, 0) / inside.length;
      }),
      padded: windowsOf(axes, ones, size).map(
        (at) => at.reduce<number>((sum, i) => sum + (i === undefined ? 0 : xs[i]!), 0) / at.length,
      ),
    };
    for (const [name, numbers] of Object.entries(wanted)) {
      expect(toNumbers(got[name]!)).toHaveLength(numbers.length);
      for (const [i, value] of numbers.entries()) expect(toNumbers(got[name]!)[i]).toBeCloseTo(value, 5);
    }
  });
  await fc.assert(property, { ...settings, numRuns: 24 });
});

test('pads that differ between the ends become a Pad of their own, and others do not', () => {
  const made = (pool: typeof ops.maxPool | typeof ops.averagePool, pads: number[], padsAfter: number[]) => {
    const b = new Builder();
    const y = pool(b, b.input('x', 'float32', [1, 1, 6, 6]), [3, 3], { pads, padsAfter });
    return topological([y]).some(({ op }) => op.name === 'Pad');
  };
  for (const pool of [ops.maxPool, ops.averagePool])
    expect([made(pool, [1, 2], [1, 2]), made(pool, [1, 1], [1, 2]), made(pool, [0, 1], [2, 2])]).toEqual([
      false,
      true,
      true,
    ]);
});

test('pools over all of the spatial axes have gradients, and those have their own', async () => {
  const property = fc.asyncProperty(
    fc.nat(2),
    fc.array(small(1, 3), { maxLength: 3 }),
    seeds,
    async (batch, spatial, seed) => {
      const x = random(seed, [batch, CHANNELS, ...spatial]);
      for (const f of [ops.globalAveragePool, ops.globalMaxPool])
        await checkGradients([x], (b, [x]) => ops.sin(b, f(b, x!)), { seed });
    },
  );
  await fc.assert(property, settings);
});

describe('pools of a row', () => {
  const x = tensorFrom('float32', [1, 1, 4], [1, 5, 2, 3]);

  test('take the maximum and the mean, where pads count or do not', async () => {
    const results = await evaluate([x], (b, [x]) => ({
      max: ops.maxPool(b, x!, [2]),
      mean: ops.averagePool(b, x!, [2], { strides: 2, pads: 1 }),
      padded: ops.averagePool(b, x!, [2], { strides: 2, pads: 1, includePads: true }),
      all: ops.globalAveragePool(b, x!),
      most: ops.globalMaxPool(b, x!),
    }));
    expect(Object.values(results).map(toNumbers)).toEqual([[5, 5, 3], [1, 3.5, 3], [0.5, 3.5, 1.5], [2.75], [5]]);
  });

  test('refuse kernels larger than the input, pads as large as the kernel, and axes that do not fit', () => {
    const b = new Builder();
    const x = b.input('x', 'float32', ['rows', 1, 4]);
    expect(() => ops.maxPool(b, x, [5])).toThrow(/wants at least 5 positions on spatial axis 0, pads included; got 4/);
    expect(() => ops.maxPool(b, x, [2], { pads: 2 })).toThrow(
      /wants pads smaller than the kernel \[2\]; got \[2\] and \[2\]/,
    );
    expect(() => ops.maxPool(b, x, [2], { pads: 2, padsAfter: 0 })).toThrow(
      /wants pads smaller than the kernel \[2\]; got \[2\] and \[0\]/,
    );
    const image = b.input('i', 'float32', [1, 1, 4, 4]);
    for (const pool of [ops.maxPool, ops.averagePool])
      expect(() => pool(b, image, [2, 2], { pads: [1, 0], padsAfter: [1, 3] })).toThrow(
        /wants pads smaller than the kernel \[2,2\]; got \[1,0\] and \[1,3\]/,
      );
    expect([ops.globalAveragePool(b, image), ops.globalMaxPool(b, image)].map(({ type }) => type.shape)).toEqual([
      [1, 1, 1, 1],
      [1, 1, 1, 1],
    ]);
    expect(() => ops.averagePool(b, x, [2, 2])).toThrow(/wants batch, channels and 2 spatial axes; got 3 axes/);
    expect(() => ops.averagePool(b, x, [2], { dilations: 2 })).toThrow(/wants dilations of 1; got \[2\]/);
    for (const pool of [ops.maxPool, ops.averagePool])
      for (const kernel of [[], [1, 1, 1, 1]])
        expect(() => pool(b, x, kernel)).toThrow(`wants 1 to 3 spatial axes; got ${kernel.length}`);
    expect(ops.maxPool(b, x, [2]).type.shape).toEqual(['rows', 1, 3]);
  });
});
