import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sorted } from '#learning/metrics/sort.ts';

const usual = (values: Float64Array) => values.slice().sort();

test('sorts any numbers as usual, and leaves those that it was given', () => {
  fc.assert(
    fc.property(fc.array(fc.double(), { maxLength: 40 }), fc.integer({ min: 0, max: 3 }), (some, more) => {
      // Repeated, so that there are enough for the other way, and equal ones.
      const values = Float64Array.from({ length: some.length * (1 + 120 * more) }, (_, i) => some[i % some.length]!);
      const before = values.slice();
      expect(sorted(values)).toEqual(usual(values));
      expect(values).toEqual(before);
    }),
    { numRuns: 60 },
  );
});

test('sorts many probabilities', () => {
  const values = Float64Array.from({ length: 20_000 }, (_, i) => 1 / (1 + Math.exp(40 * Math.sin(i * i))));
  values.set([0, 1, Number.MIN_VALUE, 1 - Number.EPSILON / 2, Number.POSITIVE_INFINITY, 0], 777);
  expect(sorted(values)).toEqual(usual(values));
});
