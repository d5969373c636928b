import { describe, expect, test } from '@jest/globals';
import { decide } from '#learning/text/decide.ts';
import { evaluateTexts } from '#learning/text/evaluation.ts';

const LABELS = ['jailbreak', 'code_injection', 'benign'];

/** Rows of probabilities, each with the label that is true. */
function judged(rows: readonly (readonly [string, readonly number[]])[], labels = LABELS) {
  return {
    labels,
    benignLabel: 'benign',
    probabilities: Float32Array.from(rows.flatMap(([, scores]) => scores)),
    truths: Int32Array.from(rows, ([label]) => labels.indexOf(label)),
  };
}

describe('the evaluation of a classifier of texts', () => {
  // scikit-learn 1.7: classification_report of these truths and predictions.
  const of = evaluateTexts(
    judged([
      ['jailbreak', [0.8, 0.1, 0.1]],
      ['jailbreak', [0.2, 0.7, 0.1]],
      ['code_injection', [0.1, 0.8, 0.1]],
      ['benign', [0.1, 0.2, 0.7]],
      ['benign', [0.5, 0.1, 0.4]],
    ]),
  );

  test('has accuracy, and precision, recall and F1 as means over the classes and over the rows', () => {
    expect(of).toMatchObject({ rows: 5, accuracy: 0.6 });
    expect(of.precision_macro).toBeCloseTo((0.5 + 0.5 + 1) / 3);
    expect(of.recall_macro).toBeCloseTo((0.5 + 1 + 0.5) / 3);
    expect(of.f1_macro).toBeCloseTo((0.5 + 2 / 3 + 2 / 3) / 3);
    expect(of.f1_weighted).toBeCloseTo((2 * 0.5 + 2 / 3 + 2 * (2 / 3)) / 5);
    expect(of.recall_weighted).toBeCloseTo(0.6);
  });

  test('has a report of each class and the confusion matrix, truths in rows', () => {
    expect(of.per_class.code_injection).toEqual({ precision: 0.5, recall: 1, f1_score: 2 / 3, support: 1 });
    expect(of.confusion_matrix).toEqual({
      labels: LABELS,
      counts: [
        [1, 1, 0],
        [0, 1, 0],
        [1, 0, 1],
      ],
    });
  });

  test('tells attacks from harmless texts by the probability of being harmless', () => {
    expect(of.roc_auc).toBe(1);
    expect(of.recall_at_1_percent_fpr).toBe(1);
    expect(of.warnings[0]).toMatch(/^Recall at 1 % and 0.1 % false positives is that without any, .* only 2 rows/);
  });

  test('has null and a warning where there are no harmless rows', () => {
    const attacks = evaluateTexts(
      judged([
        ['jailbreak', [0.8, 0.1, 0.1]],
        ['code_injection', [0.1, 0.8, 0.1]],
      ]),
    );
    expect(attacks).toMatchObject({
      accuracy: 1,
      roc_auc: null,
      recall_at_1_percent_fpr: null,
      recall_at_0_1_percent_fpr: null,
    });
    expect(attacks.warnings[0]).toMatch(/no rows with the label benign, or no others, among the 2/);
  });

  test('calibrates the threshold of a class with enough rows, and says so of the others', () => {
    const rows = Array.from({ length: 10 }, (_, i) => [
      ['jailbreak', [0.3 + i / 100, 0.1, 0.6 - i / 100]] as const,
      ['benign', [0.1 + i / 100, 0.1, 0.8 - i / 100]] as const,
    ]).flat();
    const { thresholds, warnings, ...of } = evaluateTexts(judged(rows));
    expect(thresholds.jailbreak).toBeCloseTo(0.245);
    // Harmless is the more probable label of all of them: by that, half would be wrong.
    expect(of).toMatchObject({
      accuracy: 1,
      f1_macro: 1,
      recall_weighted: 1,
      confusion_matrix: {
        counts: [
          [10, 0, 0],
          [0, 0, 0],
          [0, 0, 10],
        ],
      },
    });
    expect(thresholds.code_injection).toBeNull();
    expect(warnings.at(-1)).toBe(
      'There were fewer than 10 rows to calibrate the threshold of code_injection by: it is 0.5',
    );
  });
});

describe('a prediction', () => {
  const thresholds = { jailbreak: 0.25, code_injection: 0.5, benign: 0.5 };
  const of = (scores: readonly number[], labels = LABELS) =>
    decide(Float32Array.from(scores), { labels, benign_label: 'benign', thresholds });

  test('is the most probable attack that reaches its threshold, even where harmless is more probable', () => {
    expect(of([0.3, 0.1, 0.6])).toMatchObject({ label: 'jailbreak', threshold: 0.25, isAttack: true });
    expect(of([0.3, 0.6, 0.1])).toMatchObject({ label: 'code_injection', isAttack: true });
  });

  test('is harmless where no attack does', () => {
    expect(of([0.2, 0.45, 0.35])).toMatchObject({ label: 'benign', threshold: 0.5, isAttack: false });
  });

  test('is the most probable class where none is called harmless', () => {
    expect(of([0.2, 0.8], ['jailbreak', 'code_injection'])).toMatchObject({ label: 'code_injection', isAttack: null });
  });
});
