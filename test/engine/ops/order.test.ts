import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Builder } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { seeds, settings, shapes } from './arbitraries.ts';

const withAxis = shapes(1, 3).chain((shape) => fc.tuple(fc.constant(shape), fc.nat(shape.length - 1)));
const row = tensorFrom('float64', [4], [1, 2, 3, 4]);

describe('cumSum', () => {
  test('sums forwards and backwards, with and without the element itself', async () => {
    const results = await evaluate([row], (b, [x]) => ({
      plain: ops.cumSum(b, x!, 0),
      exclusive: ops.cumSum(b, x!, 0, { exclusive: true }),
      reverse: ops.cumSum(b, x!, 0, { reverse: true }),
      both: ops.cumSum(b, x!, 0, { exclusive: true, reverse: true }),
    }));
    expect(Object.values(results).map(toNumbers)).toEqual([
      [1, 3, 6, 10],
      [0, 1, 3, 6],
      [10, 9, 7, 4],
      [9, 7, 4, 0],
    ]);
  });

  test('has a gradient, and that has its own', async () => {
    const property = fc.asyncProperty(
      withAxis,
      fc.boolean(),
      fc.boolean(),
      seeds,
      ([shape, axis], exclusive, reverse, seed) =>
        checkGradients([random(seed, shape)], (b, [x]) => ops.sin(b, ops.cumSum(b, x!, axis, { exclusive, reverse })), {
          seed,
        }),
    );
    await fc.assert(property, settings);
  });
});

describe('trilu', () => {
  test('keeps one side of a diagonal', async () => {
    const results = await evaluate([tensorFrom('float64', [2, 3], [1, 2, 3, 4, 5, 6])], (b, [x]) => ({
      upper: ops.trilu(b, x!, { upper: true }),
      lower: ops.trilu(b, x!, { upper: false }),
      above: ops.trilu(b, x!, { upper: true, diagonal: 1 }),
      below: ops.trilu(b, x!, { upper: false, diagonal: -1 }),
    }));
    expect(Object.values(results).map(toNumbers)).toEqual([
      [1, 2, 3, 0, 5, 6],
      [1, 0, 0, 4, 5, 0],
      [0, 2, 3, 0, 0, 6],
      [0, 0, 0, 4, 0, 0],
    ]);
  });

  test('has a gradient, and that has its own', async () => {
    const property = fc.asyncProperty(
      shapes(2, 3),
      fc.boolean(),
      fc.integer({ min: -2, max: 2 }),
      seeds,
      (shape, upper, diagonal, seed) =>
        checkGradients([random(seed, shape)], (b, [x]) => ops.sin(b, ops.trilu(b, x!, { upper, diagonal })), { seed }),
    );
    await fc.assert(property, settings);
  });
});

describe('topK', () => {
  test('gives values in order and where they were', async () => {
    const x = tensorFrom('float32', [4], [3, 9, -1, 5]);
    const { v, i, small } = await evaluate([x], (b, [x]) => {
      const { values, indices } = ops.topK(b, x!, 2);
      return { v: values, i: indices, small: ops.topK(b, x!, 1, 0, false).values };
    });
    expect([toNumbers(v!), toNumbers(i!), toNumbers(small!)]).toEqual([[9, 5], [1, 3], [-1]]);
  });

  test('goes along the last axis if none is said', async () => {
    const { y } = await evaluate([tensorFrom('float32', [2, 3], [3, 9, 1, 8, 2, 7])], (b, [x]) => ({
      y: ops.topK(b, x!, 1).values,
    }));
    expect([y!.shape, toNumbers(y!)]).toEqual([
      [2, 1],
      [9, 8],
    ]);
  });

  test('has a gradient by its values, and that has its own', async () => {
    const property = fc.asyncProperty(withAxis, fc.boolean(), fc.nat(2), seeds, ([shape, axis], largest, fewer, seed) =>
      checkGradients(
        [random(seed, shape)],
        (b, [x]) => ops.sin(b, ops.topK(b, x!, Math.max(0, shape[axis]! - fewer), axis, largest).values),
        { seed },
      ),
    );
    await fc.assert(property, settings);
  });

  test('refuses more elements than there are', () => {
    const b = new Builder();
    expect(() => ops.topK(b, b.input('x', 'float32', [3]), 4)).toThrow(/wants k between 0 and 3 on axis 0; got 4/);
    expect(() => ops.trilu(b, b.input('x', 'float32', [3]), { upper: true })).toThrow(/wants matrices; got \[3\]/);
  });
});
