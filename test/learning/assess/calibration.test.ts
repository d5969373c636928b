import { describe, expect, test } from '@jest/globals';
import { uniformStream } from '#engine/random.ts';
import { answered, temperatureOf, thresholdOf } from '#learning/assess/calibration.ts';
import { Gain } from '#learning/assess/gain.ts';
import { intervalsOf } from '#learning/assess/intervals.ts';
import { ProbabilityScores, softmaxInto } from '#learning/metrics/probabilities.ts';

/** Rows whose classes are drawn with the probabilities of their logits, which are then made surer by a factor. */
function drawn(rows: number, width: number, factor: number) {
  const uniform = uniformStream(3, 'rows');
  const truths = new Float64Array(rows);
  const values = new Float64Array(rows * width);
  const probabilities = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < width; c++) values[row * width + c] = 4 * uniform();
    softmaxInto(probabilities, values, row * width);
    const drawnAt = uniform();
    const upTo = (c: number) => probabilities.subarray(0, c + 1).reduce((sum, p) => sum + p, 0);
    truths[row] = probabilities.findIndex((_, c) => drawnAt < upTo(c));
  }
  return { width, truths, values: values.map((value) => value * factor) };
}

function lossAt({ width, truths, values }: ReturnType<typeof drawn>, temperature: number): number {
  const scores = new ProbabilityScores();
  const probabilities = new Float64Array(width);
  for (const [row, truth] of truths.entries()) {
    softmaxInto(probabilities, values, row * width, temperature);
    scores.add(truth, probabilities);
  }
  return scores.scores().log_loss;
}

describe('the temperature', () => {
  test.each([1, 3, 0.5])('undoes a factor of %p on the logits', (factor) => {
    expect(temperatureOf(drawn(4000, 3, factor)) / factor).toBeGreaterThan(0.9);
    expect(temperatureOf(drawn(4000, 3, factor)) / factor).toBeLessThan(1.1);
  });

  test('has the least log loss, held at 1 by a prior, of all near it', () => {
    const logits = drawn(200, 4, 2);
    const loss = (temperature: number) => 200 * lossAt(logits, temperature) + 5 * Math.log(temperature) ** 2;
    const found = temperatureOf(logits);
    expect(loss(found)).toBeLessThan(loss(found * 1.05));
    expect(loss(found)).toBeLessThan(loss(found / 1.05));
  });

  /** Rows that are all right, with such a probability. */
  const right = (rows: number, probability: number) => {
    const truths = Float64Array.from({ length: rows }, (_, i) => i % 2);
    const logit = Math.log(probability / (1 - probability));
    const values = Float64Array.from({ length: 2 * rows }, (_, i) => ((i >> 1) % 2 === i % 2 ? logit : 0));
    return { width: 2, truths, values };
  };

  test('makes no row less sure where all are right, and none certain: less so, the fewer rows there are', () => {
    const found = [20, 200, 2000].map((rows) => temperatureOf(right(rows, 0.99)));
    expect(found[0]).toBeLessThan(1);
    expect(found[1]).toBeLessThan(found[0]!);
    expect(found[2]).toBeLessThan(found[1]!);
    // From 0.9 to no more than 0.99.
    expect(temperatureOf(right(20, 0.9))).toBeGreaterThan(Math.log(9) / Math.log(99));
  });
});

describe('the threshold', () => {
  const truths = [0, 0, 0, 1, 0, 1, 1, 0];
  const likely = Float64Array.of(0.05, 0.1, 0.2, 0.3, 0.35, 0.4, 0.6, 0.05);

  test('is the one with the best F1 of the second class', () => {
    // From 0.3 on: 3 hits, 1 alarm, F1 6/7. From 0.4 on: 2 hits, F1 4/5.
    expect(thresholdOf(truths, likely, 'f1')).toBeCloseTo(0.25, 12);
  });

  test('is the one with the best mean recall', () => {
    expect(thresholdOf(truths, likely, 'balanced_accuracy')).toBeCloseTo(0.25, 12);
    expect(thresholdOf([1, 0, 0, 0], Float64Array.of(0.9, 0.8, 0.1, 0.1), 'balanced_accuracy')).toBeCloseTo(0.85, 12);
  });

  test('decides what is answered', () => {
    expect(answered(Float64Array.of(0.7, 0.3), {})).toBe(0);
    expect(answered(Float64Array.of(0.7, 0.3), { threshold: 0.25 })).toBe(1);
    expect(answered(Float64Array.of(0.7, 0.3), { threshold: 0.31 })).toBe(0);
  });
});

describe('an interval', () => {
  test('has the ⌈(n + 1) · coverage⌉-th smallest error, and none for which there are too few rows', () => {
    const errors = Float64Array.from({ length: 19 }, (_, i) => 19 - i);
    expect(intervalsOf(errors)).toEqual([
      { coverage: 0.5, width: 10 },
      { coverage: 0.8, width: 16 },
      { coverage: 0.9, width: 18 },
      { coverage: 0.95, width: 19 },
    ]);
    expect(intervalsOf(new Float64Array())).toEqual([]);
  });

  test('has the truth of new rows at least as often as it says', () => {
    const uniform = uniformStream(11, 'errors');
    let inside = 0;
    for (let i = 0; i < 2000; i++) {
      const errors = Float64Array.from({ length: 30 }, uniform);
      const { width } = intervalsOf(errors).find(({ coverage }) => coverage === 0.9)!;
      if (uniform() <= width) inside++;
    }
    // 28 of 31 places are inside: 0.903, give or take 0.007.
    expect(inside / 2000).toBeGreaterThan(0.885);
    expect(inside / 2000).toBeLessThan(0.925);
  });
});

describe('the gain over the naive answer', () => {
  test('is clear once it is more than two standard errors', () => {
    const of = (losses: readonly number[]) => {
      const gain = new Gain();
      for (const loss of losses) gain.add(1, loss);
      return gain.result;
    };
    expect(of([0, 0.2, 0.1, 0.1])).toMatchObject({ gain: expect.closeTo(0.9, 9), is_better: true });
    expect(of([0, 2, 0, 2, 0.8])).toMatchObject({ gain: expect.closeTo(0.04, 9), is_better: false });
    expect(of([0])).toMatchObject({ gain: 1, is_better: false });
  });
});
