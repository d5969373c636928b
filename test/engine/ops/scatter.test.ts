import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Builder } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { tensorFrom, toNumbers } from '#engine/tensor.ts';
import { sizeOf } from '#engine/type.ts';
import { checkGradients, evaluate, random } from '../harness.ts';
import { fullShapes, seeds, settings, sizes } from './arbitraries.ts';

/** A shape, an axis, and positions within the shape but for that axis. */
const cases = fullShapes(1, 3).chain((shape) =>
  fc.nat(shape.length - 1).chain((axis) =>
    fc.tuple(...shape.map((dim, i) => fc.integer({ min: 0, max: i === axis ? 5 : dim }))).chain((taken) => {
      const size = sizeOf(taken);
      const position = fc.integer({ min: -shape[axis]!, max: shape[axis]! - 1 });
      return fc
        .array(position, { minLength: size, maxLength: size })
        .map((list) => ({ shape, axis, taken, indices: tensorFrom('int64', taken, list) }));
    }),
  ),
);

/** The position of an element in each axis, from its number in row-major order. */
function spelledOut(flat: number, shape: readonly number[]): number[] {
  return shape.map((dim, axis) => Math.floor(flat / sizeOf(shape.slice(axis + 1))) % dim);
}

test('gatherElements has a gradient along any axis, and that has its own', async () => {
  const property = fc.asyncProperty(cases, seeds, ({ shape, axis, indices }, seed) =>
    checkGradients([random(seed, shape), indices], (b, [x, i]) => ops.sin(b, ops.gatherElements(b, x!, i!, axis)), {
      seed,
    }),
  );
  await fc.assert(property, settings);
});

test('scatterElements adds, has a gradient by both, and that has its own', async () => {
  const property = fc.asyncProperty(cases, seeds, ({ shape, axis, taken, indices }, seed) =>
    checkGradients(
      [random(seed, shape), indices, random(seed + 1, taken)],
      (b, [x, i, u]) => ops.sin(b, ops.scatterElements(b, x!, i!, u!, axis, 'add')),
      { seed },
    ),
  );
  await fc.assert(property, settings);
});

test('scatterElements replaces, and what was replaced gets no gradient', async () => {
  const distinct = fc.tuple(sizes, fc.integer({ min: 1, max: 4 }), seeds).chain(([columns, size, seed]) =>
    fc
      .array(fc.shuffledSubarray([...Array(size).keys()], { minLength: 1 }), {
        minLength: columns,
        maxLength: columns,
      })
      .map((orders) => ({
        columns,
        size,
        seed,
        orders,
        taken: Math.min(size, ...orders.map((order) => order.length)),
      })),
  );
  const property = fc.asyncProperty(distinct, ({ columns, size, seed, orders, taken }) => {
    const rows = Array.from({ length: taken }, (_, i) => orders.map((order) => order[i]! - (i % 2) * size));
    const inputs = [
      random(seed, [size, columns]),
      tensorFrom('int64', [taken, columns], rows.flat()),
      random(seed + 1, [taken, columns]),
    ];
    return checkGradients(inputs, (b, [x, i, u]) => ops.sin(b, ops.scatterElements(b, x!, i!, u!, 0)), { seed });
  });
  await fc.assert(property, settings);
  const { y } = await evaluate(
    [tensorFrom('float64', [3], [1, 2, 3]), tensorFrom('int64', [2], [2, -3]), tensorFrom('float64', [2], [8, 9])],
    (b, [x, i, u]) => ({ y: ops.scatterElements(b, x!, i!, u!, 0) }),
  );
  expect(toNumbers(y!)).toEqual([9, 2, 8]);
});

test('scatterND replaces slices, has a gradient by both, and that has its own', async () => {
  const distinct = fullShapes(1, 3).chain((shape) =>
    fc.integer({ min: 1, max: shape.length }).chain((depth) => {
      const places = sizeOf(shape.slice(0, depth));
      return fc
        .shuffledSubarray([...Array(places).keys()])
        .map((flat) => ({ shape, depth, list: flat.map((place) => spelledOut(place, shape.slice(0, depth))) }));
    }),
  );
  const property = fc.asyncProperty(distinct, seeds, ({ shape, depth, list }, seed) =>
    checkGradients(
      [
        random(seed, shape),
        tensorFrom('int64', [list.length, depth], list.flat()),
        random(seed + 1, [list.length, ...shape.slice(depth)]),
      ],
      (b, [x, i, u]) => ops.sin(b, ops.scatterND(b, x!, i!, u!)),
      { seed },
    ),
  );
  await fc.assert(property, settings);
  const { y } = await evaluate(
    [tensorFrom('float64', [3], [1, 2, 3]), tensorFrom('int64', [1, 1], [1]), tensorFrom('float64', [1], [9])],
    (b, [x, i, u]) => ({ y: ops.scatterND(b, x!, i!, u!) }),
  );
  expect(toNumbers(y!)).toEqual([1, 9, 3]);
});

test('positions outside and updates of another shape are refused', () => {
  const b = new Builder();
  const [x, u] = [b.input('x', 'float32', [3, 2]), b.input('u', 'float32', [3])];
  const wide = b.input('i', 'int64', [1, 3]);
  expect(() => ops.gatherElements(b, x, wide, 0)).toThrow(/wants indices within \[3, 2\] but for axis 0; got \[1, 3\]/);
  expect(() => ops.gatherElements(b, x, x, 0)).toThrow(/wants an integer type/);
  expect(() => ops.scatterElements(b, x, b.input('j', 'int64', [1, 2]), u, 0)).toThrow(
    /wants updates \[1, 2\]; got \[3\]/,
  );
  expect(() => ops.scatterND(b, x, b.input('k', 'int64', [4, 1]), u)).toThrow(/wants updates \[4, 2\]; got \[3\]/);
});
