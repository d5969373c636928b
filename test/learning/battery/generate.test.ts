import { describe, expect, test } from '@jest/globals';
import { AVERAGED_CYCLES, FEATURES } from '#learning/battery/cells.ts';
import { END_OF_LIFE, generateCells } from '#learning/battery/generate.ts';
import { movingAverages } from '#learning/battery/moving-average.ts';
import { rateThrough, verhulst } from '#learning/battery/verhulst.ts';

const [cell] = generateCells({ seed: 3, numbers: [91] });
const cycles = cell!.cycles;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('generated cells', () => {
  test('are the same for the same seed and number, whatever others there are', () => {
    expect(generateCells({ seed: 3, numbers: [7, 91] })[1]).toEqual(cell);
    expect(generateCells({ seed: 4, numbers: [91] })[0]).not.toEqual(cell);
    expect(generateCells({ seed: 3, numbers: [92] })[0]!.cycles).not.toEqual(cycles);
  });

  test('live as long as asked for and end with a fifth of their capacity lost', () => {
    for (const { cycles } of generateCells({ seed: 1, numbers: [1, 2, 3], life: [100, 120] })) {
      const last = cycles.at(-1)!;
      expect(last.cycle).toBeGreaterThanOrEqual(100);
      expect(last.cycle).toBeLessThanOrEqual(120);
      expect(last.remaining_life).toBe(0);
      expect(last.capacity_loss).toBeCloseTo(END_OF_LIFE, 2);
    }
  });

  test('begin with the first cycle that has ten before its average, and count down', () => {
    expect(cycles[0]!.cycle).toBe(AVERAGED_CYCLES);
    const life = cycles[0]!.cycle + cycles[0]!.remaining_life;
    expect(cycles.every(({ cycle, remaining_life }, i) => cycle === i + 10 && cycle + remaining_life === life)).toBe(
      true,
    );
  });

  test('lose capacity ever faster until the knee, with noise around it', () => {
    const fifth = Math.floor(cycles.length / 5);
    const losses = Array.from({ length: 5 }, (_, i) =>
      mean(cycles.slice(i * fifth, (i + 1) * fifth).map(({ capacity_loss }) => capacity_loss)),
    );
    const steps = losses.slice(1).map((loss, i) => loss - losses[i]!);
    expect(steps.every((step, i) => step > 0 && (i === 0 || step > steps[i - 1]!))).toBe(true);
    const changes = cycles.slice(1).map(({ capacity_loss }, i) => capacity_loss - cycles[i]!.capacity_loss);
    expect(changes.filter((change) => change < 0).length).toBeGreaterThan(cycles.length / 10);
  });

  test('have finite features that follow the loss and none that is the loss', () => {
    const losses = cycles.map(({ capacity_loss }) => capacity_loss);
    for (const feature of FEATURES) {
      const values = cycles.map((cycle) => cycle[feature]);
      expect(values.every(Number.isFinite)).toBe(true);
      const correlation = Math.abs(correlationOf(values, losses));
      expect([feature, correlation > 0.5 && correlation < 0.9999]).toEqual([feature, true]);
    }
  });
});

function correlationOf(x: readonly number[], y: readonly number[]): number {
  const [mx, my] = [mean(x), mean(y)];
  const product = (a: readonly number[], ma: number, b: readonly number[], mb: number) =>
    mean(a.map((value, i) => (value - ma) * (b[i]! - mb)));
  return product(x, mx, y, my) / Math.sqrt(product(x, mx, x, mx) * product(y, my, y, my));
}

describe('Verhulst’s law', () => {
  const law = { start: 0.02, base: -0.01, limit: 0.6, rate: 0.004 };

  test('starts at its start, ends at its limit and has the derivative that it states', () => {
    expect(verhulst(law, 0)).toBeCloseTo(0.02, 12);
    expect(verhulst(law, 1e5)).toBeCloseTo(0.6, 12);
    for (const n of [10, 500, 2000]) {
      const grown = verhulst(law, n) - law.base;
      const slope = (verhulst(law, n + 1e-3) - verhulst(law, n - 1e-3)) / 2e-3;
      expect(slope).toBeCloseTo(law.rate * grown * (1 - grown / (law.limit - law.base)), 9);
    }
  });

  test('has a rate by which it goes through a given point', () => {
    const rate = rateThrough(law, 700, 0.2);
    expect(verhulst({ ...law, rate }, 700)).toBeCloseTo(0.2, 12);
  });
});

test('a moving average has the mean of as many values as it is wide', () => {
  expect(movingAverages([1, 2, 3, 4, 9], 3)).toEqual([2, 3, 16 / 3]);
  expect(movingAverages([1, 2], 3)).toEqual([]);
});
