import { describe, expect, test } from '@jest/globals';
import { Confusion } from '#learning/metrics/classification.ts';
import { Errors } from '#learning/metrics/regression.ts';

function classified(classes: number, pairs: readonly (readonly [truth: number, predicted: number])[]) {
  const confusion = new Confusion(classes);
  for (const [truth, predicted] of pairs) confusion.add(truth, predicted);
  return confusion.scores();
}

function regressed(pairs: readonly (readonly [truth: number, predicted: number])[]) {
  const errors = new Errors();
  for (const [truth, predicted] of pairs) errors.add(truth, predicted);
  return errors.scores();
}

describe('scores of a classification', () => {
  test('are averaged evenly over the classes', () => {
    // Class 0: 2 of 3 found, 2 of 2 right. Class 1: 2 of 2 found, 2 of 3 right. Class 2: 1 of 1.
    const scores = classified(3, [
      [0, 0],
      [0, 0],
      [0, 1],
      [1, 1],
      [1, 1],
      [2, 2],
    ]);
    expect(scores.accuracy).toBeCloseTo(5 / 6, 12);
    expect(scores.precision).toBeCloseTo((1 + 2 / 3 + 1) / 3, 12);
    expect(scores.recall).toBeCloseTo((2 / 3 + 1 + 1) / 3, 12);
    expect(scores.f1_score).toBeCloseTo((0.8 + 0.8 + 1) / 3, 12);
  });

  test('count a class that was only predicted, and not one that never occurs', () => {
    expect(
      classified(4, [
        [0, 0],
        [0, 1],
      ]),
    ).toMatchObject({ accuracy: 0.5, precision: 0.5, recall: 0.25, f1_score: 1 / 3 });
  });

  test('are 0 where everything is wrong, and where there is nothing', () => {
    const zero = { accuracy: 0, precision: 0, recall: 0, f1_score: 0 };
    expect(classified(2, [[0, 1]])).toMatchObject(zero);
    expect(classified(2, [])).toMatchObject(zero);
  });
});

describe('scores of a regression', () => {
  test('are those of their definitions', () => {
    // Errors 1, -2, 0; truths 1, 2, 6 around 3: squares 4 + 1 + 9.
    const scores = regressed([
      [1, 2],
      [2, 0],
      [6, 6],
    ]);
    expect(scores.rmse).toBeCloseTo(Math.sqrt(5 / 3), 12);
    expect(scores.mae).toBeCloseTo(1, 12);
    expect(scores.r2).toBeCloseTo(1 - 5 / 14, 12);
  });

  test('of a truth that does not vary are all or nothing', () => {
    const same = (predicted: number) =>
      regressed([
        [2, predicted],
        [2, predicted],
      ]);
    expect(same(2)).toMatchObject({ rmse: 0, mae: 0, r2: 1 });
    expect(same(3)).toMatchObject({ rmse: 1, mae: 1, r2: 0 });
  });

  test('may be worse than the mean', () => {
    expect(
      regressed([
        [0, 1],
        [1, 0],
      ]).r2,
    ).toBe(-3);
  });
});
