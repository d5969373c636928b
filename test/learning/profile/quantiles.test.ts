import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { QuantileSketch, type QuantilesState } from '#learning/profile/quantiles.ts';

const FRACTIONS = [0, 0.01, 0.25, 0.5, 0.75, 0.99, 1];

/** What the sketch of numbers in no order was on 30 November 2026: how many numbers it had, and their sums. */
const FOUND = [
  {
    count: 3000,
    state: {
      coin: -1171969584,
      drawing: { level: 0, seen: 0, chosen: 0 },
      single: [440, 5497186.25],
      levels: [
        [0, 0],
        [640, 7988297.75],
      ],
    },
    quantiles: [18.5, 223.5, 6232.625, 12462.875, 18746.875, 24735, 24986.5],
  },
  {
    count: 40000,
    state: {
      coin: 585738479,
      drawing: { level: 0, seen: 0, chosen: 0 },
      single: [64, 790227],
      levels: [
        [0, 0],
        [0, 0],
        [0, 0],
        [928, 11627151.25],
        [0, 0],
        [392, 4900109.5],
      ],
    },
    quantiles: [10.25, 248, 6257.375, 12508.5, 18780.0625, 24779.5, 24992.5],
  },
  {
    count: 300000,
    state: {
      coin: 1358938239,
      drawing: { level: 2, seen: 4, chosen: 0 },
      single: [120, 1576359],
      levels: [
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
        [256, 3160550],
        [0, 0],
        [1106, 13849207],
      ],
    },
    quantiles: [3, 258, 6282.25, 12536.25, 18762.3125, 24747.25, 24965.5],
  },
];

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

  // A reading that is taken up again goes on from what an earlier version has stored.
  describe('have the state that they have had in each version', () => {
    const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
    const summed = ({ single, levels, ...rest }: QuantilesState) => ({
      ...{ ...rest, single: [single.length, sum(single)] },
      levels: levels.map((level) => [level.length, sum(level)]),
    });
    const inNoOrder = (i: number): number => ((i * 7919) % 100_003) / 4;

    test.each(FOUND)('of $count numbers', ({ count, state, quantiles }) => {
      const sketch = sketchOf(Array.from({ length: count }, (_, i) => inNoOrder(i)));
      expect(summed(sketch.state)).toEqual({ count, ...state });
      expect(sketch.at(FRACTIONS)).toEqual(quantiles);
    });

    test('also if they are taken up again on the way', () => {
      const values = Float64Array.from({ length: 300_000 }, (_, i) => inNoOrder(i));
      const whole = new QuantileSketch();
      whole.addAll(values, values.length);
      for (const cut of [500, 2000, 20_011, 250_007]) {
        const begun = new QuantileSketch();
        begun.addAll(values, cut);
        const { state } = begun;
        const stored = structuredClone(state);
        const rest = QuantileSketch.from(state);
        rest.addAll(values.subarray(cut), values.length - cut);
        expect(rest.state).toEqual(whole.state);
        // What goes on leaves alone what it was taken up from.
        expect(state).toEqual(stored);
      }
    });
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
