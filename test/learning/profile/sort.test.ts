import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sortNumbers } from '#learning/profile/sort.ts';

const wide = fc.double({ noNaN: true });
const close = fc.integer({ min: 0, max: 1000 }).map((n) => 4.5e15 + n);
const few = fc.constantFrom(-0, 0, 1, -1, 1.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE);

test.each([
  ['numbers', wide, 300],
  ['numbers that differ in their last bits only', close, 600],
  ['zeros with and without a sign, and numbers that occur again', fc.oneof(few, wide), 300],
  ['more numbers than it sorts by itself', wide, 1500],
] as const)('sorts %s as Node.js does, and leaves those behind them alone', (_, number, most) => {
  fc.assert(
    fc.property(fc.array(number, { maxLength: most, size: 'max' }), fc.nat(20), (some, rest) => {
      const values = Float64Array.from([...some, ...Array<number>(rest).fill(-7)]);
      const wanted = [...Float64Array.from(some).sort(), ...Array<number>(rest).fill(-7)];
      sortNumbers(values, some.length);
      // A zero with a sign is no other number than one without.
      expect(values.every((value, at) => value === wanted[at])).toBe(true);
    }),
    { seed: 2026, numRuns: 25 },
  );
});
