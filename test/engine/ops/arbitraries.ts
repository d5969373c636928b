import fc from 'fast-check';

/** Every property draws the same cases on every run. */
export const settings = { seed: 20_241, numRuns: 12, endOnFailure: true } as const;

/** Sizes of an axis: 1 to 4, and now and then 0. */
export const sizes = fc.oneof(
  { arbitrary: fc.integer({ min: 1, max: 4 }), weight: 9 },
  { arbitrary: fc.constant(0), weight: 1 },
);

/** Shapes of rank `min` to `max`, singletons and now and then an empty axis among them. */
export function shapes(min = 0, max = 3): fc.Arbitrary<number[]> {
  return fc.array(sizes, { minLength: min, maxLength: max });
}

/** As `shapes`, without empty axes. */
export function fullShapes(min = 0, max = 3): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max: 4 }), { minLength: min, maxLength: max });
}

/** Shapes that broadcast to one, which may be empty: each leaves out leading axes and makes others 1. */
export function broadcasting(count: number): fc.Arbitrary<number[][]> {
  return shapes(0, 3).chain((shape) => {
    const one = fc
      .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }))
      .map(([dropped, singles]) => shape.map((dim, i) => (singles[i] ? 1 : dim)).slice(dropped));
    return fc.array(one, { minLength: count, maxLength: count });
  });
}

export const seeds = fc.nat(1_000_000);

/** A shape of at least one axis, and an axis of it that is not empty. */
export const shapeWithAxis = shapes(1, 3).chain((shape) =>
  fc.nat(shape.length - 1).map((axis) => ({ shape: shape.with(axis, shape[axis]! || 2), axis })),
);

/** Some axes of a shape. */
export function axesOf(shape: readonly number[]): fc.Arbitrary<number[]> {
  return fc.subarray(shape.map((_, axis) => axis));
}
