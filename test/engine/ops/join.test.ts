import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Builder } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { seeds, settings, shapes } from './arbitraries.ts';

const withAxis = shapes(1, 3).chain((shape) =>
  fc.record({ shape: fc.constant(shape), axis: fc.nat(shape.length - 1) }),
);
const row = tensorFrom('float64', [5], [1, 2, 3, 4, 5]);

test('concat has a gradient for pieces of any size, and that has its own', async () => {
  const sizes = fc.array(fc.nat(3), { minLength: 1, maxLength: 3 });
  const property = fc.asyncProperty(withAxis, sizes, seeds, ({ shape, axis }, sizes, seed) =>
    checkGradients(
      sizes.map((size, i) => random(seed + i, shape.with(axis, size))),
      (b, xs) => ops.sin(b, ops.concat(b, xs, axis)),
      { seed },
    ),
  );
  await fc.assert(property, settings);
});

test('split has a gradient, also where only some pieces are used, and that has its own', async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 });
  const property = fc.asyncProperty(withAxis, sizes, seeds, ({ shape, axis }, sizes, seed) =>
    checkGradients(
      [random(seed, shape.with(axis, 2 + sizes.reduce((sum, size) => sum + size, 0)))],
      (b, [x]) => {
        const [first, , last] = ops.split(b, x!, axis, [1, ...sizes, 1]);
        return ops.concat(b, [ops.sin(b, first!), ops.cos(b, last!)], axis);
      },
      { seed },
    ),
  );
  await fc.assert(property, settings);
});

test('slice and pad have gradients, and those have their own', async () => {
  const property = fc.asyncProperty(
    withAxis,
    fc.nat(2),
    fc.nat(2),
    seeds,
    async ({ shape, axis }, before, after, seed) => {
      const longer = shape.with(axis, shape[axis]! + before + after);
      await checkGradients(
        [random(seed, longer)],
        (b, [x]) => ops.sin(b, ops.slice(b, x!, axis, before, before + shape[axis]!)),
        { seed },
      );
      await checkGradients([random(seed, shape)], (b, [x]) => ops.cos(b, ops.pad(b, x!, axis, before, after)), {
        seed,
      });
    },
  );
  await fc.assert(property, settings);
});

describe('slices of a row', () => {
  const take = async (f: (b: Builder, x: Parameters<typeof ops.slice>[1]) => ReturnType<typeof ops.slice>) => {
    const { y } = await evaluate([row], (b, [x]) => ({ y: f(b, x!) }));
    return toNumbers(y!);
  };

  test('count from the end when negative', async () => {
    expect(await take((b, x) => ops.slice(b, x, 0, -3, -1))).toEqual([3, 4]);
  });

  test('go to the end if none is said', async () => {
    expect(await take((b, x) => ops.slice(b, x, 0, 3))).toEqual([4, 5]);
  });

  test('may be empty', async () => {
    expect(await take((b, x) => ops.slice(b, x, 0, 2, 2))).toEqual([]);
  });

  test('may stride, also backwards', async () => {
    expect(await take((b, x) => ops.stride(b, x, 0, 2))).toEqual([1, 3, 5]);
    expect(await take((b, x) => ops.stride(b, x, 0, -2))).toEqual([5, 3, 1]);
    const steps = fc.constantFrom(-3, -2, -1, 1, 2, 3);
    const property = fc.asyncProperty(withAxis, steps, seeds, ({ shape, axis }, step, seed) =>
      checkGradients([random(seed, shape)], (b, [x]) => ops.sin(b, ops.stride(b, x!, axis, step)), { seed }),
    );
    await fc.assert(property, settings);
  });

  test('come out of split in order', async () => {
    const { p, q } = await evaluate([row], (b, [x]) => {
      const [p, q] = ops.split(b, x!, 0, [2, 3]);
      return { p: p!, q: q! };
    });
    expect([toNumbers(p!), toNumbers(q!)]).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
  });
});

test('what does not fit is refused with the bounds', () => {
  const b = new Builder();
  const x = b.input('x', 'float32', [5]);
  expect(() => ops.slice(b, x, 0, 2, 9)).toThrow(/wants 0 <= start <= end <= 5 on axis 0; got 2 and 9/);
  expect(() => ops.split(b, x, 0, [2, 2])).toThrow('wants sizes of 0 or more that add up to 5; got [2, 2]');
  expect(() => ops.split(b, x, 0, [6, -1])).toThrow('wants sizes of 0 or more that add up to 5; got [6, -1]');
  expect(() => ops.pad(b, x, 0, -1, 0)).toThrow(/wants pads of 0 or more; got -1 and 0/);
  expect(() => ops.concat(b, [x, b.input('y', 'float32', [5, 1])], 0)).toThrow(/wants equal shapes but for axis 0/);
  expect(() => ops.slice(b, b.input('z', 'float32', ['rows']), 0, 0, 1)).toThrow(
    /wants axis 0 of a size known in advance; got \[rows\]/,
  );
});
