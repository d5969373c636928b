import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { QuantileSketch } from '#learning/profile/quantiles.ts';

const FRACTIONS = [0, 0.01, 0.25, 0.5, 0.75, 0.99, 1];

function sketchOf(values: Iterable<number>): QuantileSketch {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

/** Linear between neighbours, as NumPy and pandas have it. */
function exactly(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = fraction * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
  return low + (high - low) * (rank - Math.floor(rank));
}

describe('quantiles', () => {
  test('of few numbers are exact', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 512 }), (values) => {
        const sketch = sketchOf(values);
        expect(sketch.estimated).toBe(false);
        for (const [i, found] of sketch.at(FRACTIONS).entries()) {
          expect(found).toBeCloseTo(exactly(values, FRACTIONS[i]!), 9);
        }
      }),
      { seed: 2026 },
    );
  });

  test.each([
    ['in order', (i: number) => i],
    ['backwards', (i: number) => -i],
    ['in no order', (i: number) => (i * 7919) % 100_003],
    ['in two heaps', (i: number) => (i % 2 ? 1 : 1e6) + (i % 1000)],
  ])('of many numbers %s have a rank within a hundredth', (_, at) => {
    const values = Array.from({ length: 100_000 }, (__, i) => at(i));
    const sorted = values.toSorted((a, b) => a - b);
    const found = sketchOf(values).at(FRACTIONS);
    for (const [i, fraction] of FRACTIONS.entries()) {
      const below = sorted.filter((value) => value < found[i]!).length / sorted.length;
      const upTo = sorted.filter((value) => value <= found[i]!).length / sorted.length;
      expect(below).toBeLessThanOrEqual(fraction + 0.01);
      expect(upTo).toBeGreaterThanOrEqual(fraction - 0.01);
    }
  });

  test('of nothing are none', () => {
    expect(sketchOf([]).at([0.5])).toEqual([Number.NaN]);
    expect(sketchOf([]).histogram(0, 1, 4)).toEqual([]);
  });
});

describe('a histogram', () => {
  test('counts every number once, in bins from the least to the greatest', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 2000 }),
        (values) => {
          const [min, max] = [Math.min(...values), Math.max(...values)];
          fc.pre(min < max);
          const bins = sketchOf(values).histogram(min, max, 20);
          expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
          expect([bins[0]!.from, bins.at(-1)!.to, bins.length]).toEqual([min, max, 20]);
        },
      ),
      { seed: 2026, numRuns: 50 },
    );
  });

  test('of few numbers is exact', () => {
    const bins = sketchOf([0, 1, 1, 2, 3, 4]).histogram(0, 4, 4);
    expect(bins.map(({ count }) => count)).toEqual([1, 2, 1, 2]);
  });

  test('of equal numbers has one bin', () => {
    expect(sketchOf([5, 5, 5]).histogram(5, 5, 20)).toEqual([{ from: 5, to: 5, count: 3 }]);
  });
});
