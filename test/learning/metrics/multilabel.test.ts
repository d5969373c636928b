import { describe, expect, test } from '@jest/globals';
import { LabelScores } from '#learning/metrics/multilabel.ts';

/** By row, for four labels; the last label is in no row and in no answer. */
const TRUTHS = [
  [1, 0, 1, 0],
  [0, 1, 0, 0],
  [1, 1, 0, 0],
  [0, 0, 1, 0],
  [1, 0, 0, 0],
  [0, 0, 0, 0],
];
const ANSWERS = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [1, 0, 1, 0],
  [0, 0, 1, 0],
  [0, 1, 0, 0],
  [0, 0, 0, 0],
];

function scoresOf(truths: readonly number[][], answers: readonly number[][]) {
  const scores = new LabelScores(truths[0]!.length);
  for (const [row, truth] of truths.entries()) {
    scores.add(
      (label) => truth[label] === 1,
      (label) => answers[row]![label] === 1,
    );
  }
  return scores;
}

describe('the scores of several labels', () => {
  // Recorded from scikit-learn 1.9: accuracy_score, hamming_loss and precision_recall_fscore_support with zero_division=0.
  test('are those of scikit-learn', () => {
    expect(scoresOf(TRUTHS, ANSWERS).scores()).toEqual({
      accuracy: 0.5,
      hamming_loss: expect.closeTo(0.20833333333333334, 14),
      precision_micro: expect.closeTo(2 / 3, 14),
      recall_micro: expect.closeTo(4 / 7, 14),
      f1_micro: expect.closeTo(8 / 13, 14),
      precision_macro: expect.closeTo(0.5, 14),
      recall_macro: expect.closeTo(0.4166666666666667, 14),
      f1_macro: expect.closeTo(0.45, 14),
    });
  });

  test('by label have its rows and its answers', () => {
    expect(scoresOf(TRUTHS, ANSWERS).perLabel()[0]).toEqual({
      ...{ precision: 1, recall: 2 / 3, f1_score: 0.8 },
      ...{ support: 3, predictions: 2 },
    });
  });
});
