import fc from 'fast-check';

/** Every property draws the same cases on every run. */
export const settings = { seed: 20_241, numRuns: 12, endOnFailure: true } as const;

/** Shapes of rank `min` to `max`, singletons and now and then an empty axis among them. */
export function shapes(min = 0, max = 3): fc.Arbitrary<number[]> {
  const dim = fc.oneof(
    { arbitrary: fc.integer({ min: 1, max: 4 }), weight: 12 },
    { arbitrary: fc.constant(0), weight: 1 },
  );
  return fc.array(dim, { minLength: min, maxLength: max });
}

/** As `shapes`, without empty axes. */
export function fullShapes(min = 0, max = 3): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max: 4 }), { minLength: min, maxLength: max });
}

/** Shapes that broadcast to one: each leaves out leading axes and makes others 1. */
export function broadcasting(count: number): fc.Arbitrary<number[][]> {
  return fullShapes(0, 3).chain((shape) => {
    const one = fc
      .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }))
      .map(([dropped, singles]) => shape.map((dim, i) => (singles[i] ? 1 : dim)).slice(dropped));
    return fc.array(one, { minLength: count, maxLength: count });
  });
}

export const seeds = fc.nat(1_000_000);

/** Some axes of a shape. */
export function axesOf(shape: readonly number[]): fc.Arbitrary<number[]> {
  return fc.subarray(shape.map((_, axis) => axis));
}
