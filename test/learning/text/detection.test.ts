import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bestThreshold, recallAtFalsePositiveRate, rocAuc, type Scored } from '#learning/text/detection.ts';

const scored = (positives: readonly number[], negatives: readonly number[]): Scored[] => [
  ...positives.map((score) => ({ score, positive: true })),
  ...negatives.map((score) => ({ score, positive: false })),
];

const scores = fc.array(
  fc.integer({ min: 0, max: 20 }).map((n) => n / 20),
  { minLength: 1, maxLength: 30 },
);

describe('the area under the curve', () => {
  test('is 1 where all attacks score higher, 0 where all score lower, and one half where all score the same', () => {
    expect(rocAuc(scored([0.9, 0.8], [0.1, 0.7]))).toBe(1);
    expect(rocAuc(scored([0.1, 0.2], [0.3, 0.7]))).toBe(0);
    expect(rocAuc(scored([0.5, 0.5], [0.5]))).toBe(0.5);
    // scikit-learn 1.7: roc_auc_score([1, 1, 1, 0, 0], [0.9, 0.4, 0.35, 0.4, 0.1])
    expect(rocAuc(scored([0.9, 0.4, 0.35], [0.4, 0.1]))).toBeCloseTo(0.75, 12);
  });

  test('is the share of pairs in which the attack scores higher', () => {
    fc.assert(
      fc.property(scores, scores, (positives, negatives) => {
        const pairs = positives.flatMap((p) => negatives.map((n) => (p > n ? 1 : p === n ? 0.5 : 0)));
        const share = pairs.reduce((sum: number, one) => sum + one, 0) / pairs.length;
        expect(rocAuc(scored(positives, negatives))).toBeCloseTo(share, 10);
      }),
    );
  });

  test('is unknown without texts of both kinds', () => {
    expect([rocAuc([]), rocAuc(scored([1], [])), rocAuc(scored([], [1]))]).toEqual([null, null, null]);
  });
});

describe('recall at a rate of false positives', () => {
  test('allows so many harmless texts above the threshold', () => {
    const negatives = Array.from({ length: 200 }, (_, i) => i / 1000);
    // 1 % of 200 are two: the third highest of them is 0.197.
    const all = scored([0.5, 0.1985, 0.1975, 0.1965, 0.1], negatives);
    expect(recallAtFalsePositiveRate(all, 0.01)).toBeCloseTo(3 / 5);
    expect(recallAtFalsePositiveRate(all, 0.001)).toBeCloseTo(1 / 5);
  });

  test('is the best that any threshold reaches', () => {
    fc.assert(
      fc.property(scores, scores, fc.constantFrom(0, 0.1, 0.5), (positives, negatives, rate) => {
        const allowed = Math.floor(rate * negatives.length);
        const best = Math.max(
          0,
          ...positives.map((threshold) =>
            negatives.filter((n) => n >= threshold).length <= allowed
              ? positives.filter((p) => p >= threshold).length / positives.length
              : 0,
          ),
        );
        expect(recallAtFalsePositiveRate(scored(positives, negatives), rate)).toBeCloseTo(best, 10);
      }),
    );
  });
});

describe('the best threshold', () => {
  test('is halfway between the classes where they can be told apart', () => {
    expect(bestThreshold(scored([0.9, 0.6], [0.2, 0.4]))).toBeCloseTo(0.5);
  });

  test('has the highest F1 of all thresholds', () => {
    const f1 = (all: readonly Scored[], threshold: number) => {
      const found = all.filter(({ score }) => score >= threshold);
      const hits = found.filter(({ positive }) => positive).length;
      return (2 * hits) / (found.length + all.filter(({ positive }) => positive).length);
    };
    fc.assert(
      fc.property(scores, scores, (positives, negatives) => {
        const all = scored(positives, negatives);
        const best = Math.max(...all.map(({ score }) => f1(all, score)));
        expect(f1(all, bestThreshold(all)!)).toBeCloseTo(best, 10);
      }),
    );
  });
});
