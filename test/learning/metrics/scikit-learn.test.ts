/** The metrics against those of scikit-learn, which test/golden/metrics.py recorded. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Confusion } from '#learning/metrics/classification.ts';
import { ProbabilityScores } from '#learning/metrics/probabilities.ts';
import { Errors } from '#learning/metrics/regression.ts';
import { rocAucOf, rocAucOvr } from '#learning/metrics/roc-auc.ts';

type Expected = Readonly<Record<string, number | null>>;

interface Recorded {
  readonly classification: readonly {
    readonly name: string;
    readonly truths: readonly number[];
    readonly probabilities: readonly (readonly number[])[];
    readonly scores: Expected;
    readonly confusion_matrix: readonly (readonly number[])[];
  }[];
  readonly regression: readonly {
    readonly name: string;
    readonly truths: readonly number[];
    readonly predicted: readonly number[];
    readonly scores: Expected;
  }[];
}

const { classification, regression }: Recorded = JSON.parse(
  readFileSync(new URL('../../fixtures/golden/metrics.json', import.meta.url), 'utf8'),
);

function expectScores(got: Readonly<Record<string, number | undefined>>, wanted: Expected): void {
  const known = Object.fromEntries(Object.entries(got).filter(([, value]) => value !== undefined));
  const defined = Object.entries(wanted).filter(([, value]) => value !== null);
  expect(Object.keys(known).sort()).toEqual(defined.map(([name]) => name).sort());
  for (const [name, value] of defined) {
    const error = Math.abs(known[name]! - value!) / Math.max(1, Math.abs(value!));
    expect({ name, error, isNear: error < 1e-9 }).toMatchObject({ isNear: true });
  }
}

describe('metrics are those of scikit-learn', () => {
  test.each(classification.map((one) => [one.name, one] as const))('of a classification: %s', (_, recorded) => {
    const { truths, probabilities } = recorded;
    const classes = probabilities[0]!.length;
    const confusion = new Confusion(classes);
    const likely = new ProbabilityScores();
    for (const [row, truth] of truths.entries()) {
      const of = probabilities[row]!;
      confusion.add(truth, of.indexOf(Math.max(...of)));
      likely.add(truth, of);
    }
    const flat = Float64Array.from(probabilities.flat());
    const area =
      classes === 2
        ? { roc_auc: rocAucOf(truths, flat, classes, 1) }
        : { roc_auc_ovr: rocAucOvr(truths, flat, classes) };
    expectScores({ ...confusion.scores(), ...likely.scores(), ...area }, recorded.scores);
    expect(confusion.matrix()).toEqual(recorded.confusion_matrix);
  });

  test.each(regression.map((one) => [one.name, one] as const))(
    'of a regression: %s',
    (_, { truths, predicted, scores }) => {
      const errors = new Errors();
      for (const [row, truth] of truths.entries()) errors.add(truth, predicted[row]!);
      expectScores(errors.scores(), scores);
    },
  );
});
