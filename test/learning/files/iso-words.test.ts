import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isoWords, type TimeUnit } from '#learning/files/iso-words.ts';
import { timeOf } from '#learning/files/parquet-primitives.ts';

const UNITS: Readonly<Record<TimeUnit, bigint>> = { MILLIS: 1n, MICROS: 1000n, NANOS: 1_000_000n };
const LEAST = BigInt(Date.parse('0000-01-01T00:00:00.000Z'));
const MOST = BigInt(Date.parse('9999-12-31T23:59:59.999Z'));
/** Nanoseconds in 64 bits end in the year 2262. */
const within = (unit: TimeUnit) =>
  unit === 'NANOS' ? { min: -9_223_372_036_854n, max: 9_223_372_036_853n } : { min: LEAST, max: MOST };

describe.each(Object.keys(UNITS) as TimeUnit[])('times in %s', (unit) => {
  test('are what Date writes of them, rounded down', () => {
    const { min, max } = within(unit);
    const value = fc
      .tuple(fc.bigInt({ min, max }), fc.bigInt({ min: 0n, max: UNITS[unit] - 1n }))
      .map(([ms, more]) => ms * UNITS[unit] + more);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 50 }), (values) => {
        // Twice, so that days follow one another.
        const all = values.flatMap((one) => [one, one]);
        const words = isoWords(BigInt64Array.from(all), unit)!;
        const texts = all.map((_, i) => words.at(i).toString());
        expect(texts).toEqual(all.map((one) => new Date(timeOf(one, unit)).toISOString()));
      }),
      { seed: 2026 },
    );
  });
});

test('a time beyond the year 9999 or before the year 0 is not written so', () => {
  for (const ms of [MOST + 1n, LEAST - 1n]) expect(isoWords(BigInt64Array.of(0n, ms), 'MILLIS')).toBeUndefined();
});
