import type { Outputs } from '../fit/kept-outputs.ts';
import type { EncodedRows } from '../fit/rows.ts';
import { finite } from '../metrics/finite.ts';
import { LabelScores, sigmoid } from '../metrics/multilabel.ts';
import { Reliability } from '../metrics/reliability.ts';
import { Sample } from '../metrics/sample.ts';
import { type Assessment, type AssessSpec, naiveWarnings } from './assessment.ts';
import { LEAST_ROWS, thresholdOf } from './calibration.ts';
import { Gain } from './gain.ts';
import { outputsOver } from './outputs.ts';

/** From which probability on a label is answered where the rows do not tell. */
const USUAL_THRESHOLD = 0.5;

/** @param shares of the training rows that have each label */
export async function assessLabels(
  spec: AssessSpec,
  rows: EncodedRows,
  { about, shares }: { readonly about: Assessment['rows']; readonly shares: readonly number[] },
): Promise<Assessment> {
  const { classes } = spec.preparation;
  const { length: count } = classes;
  const sample = new Sample(2 * count, about.count);
  await eachRow(outputsOver(spec, rows), count, (has, probability) => {
    const row = classes.map((_, label) => probability(label));
    sample.add(0, [...row, ...classes.map((_, label) => Number(has(label)))], 0);
  });
  const thresholds = thresholdsOf(sample, about, count);
  const [scores, gain, reliability] = [new LabelScores(count), new Gain(), new Reliability()];
  const naive = new LabelScores(count);
  await eachRow(outputsOver(spec, rows), count, (has, probability) => {
    scores.add(has, (label) => probability(label) >= thresholds[label]!);
    naive.add(has, (label) => shares[label]! >= USUAL_THRESHOLD);
    for (let label = 0; label < count; label++) {
      const likely = probability(label);
      reliability.add(Math.max(likely, 1 - likely), likely >= USUAL_THRESHOLD === has(label));
    }
    gain.add(
      lossOf(has, (label) => shares[label]!, count),
      lossOf(has, probability, count),
    );
  });
  const answer = classes.filter((_, label) => shares[label]! >= USUAL_THRESHOLD).join(', ');
  const compared = { strategy: 'most_frequent', answer, metrics: finite(naive.scores()), ...gain.result } as const;
  return {
    rows: about,
    metrics: finite(scores.scores()),
    naive: compared,
    ...sample.sampled,
    multilabel: {
      labels: classes,
      calibration: { thresholds },
      per_label: scores.perLabel(),
      reliability: reliability.bins(),
      expected_calibration_error: reliability.error(),
    },
    warnings: naiveWarnings(compared, about.count),
  };
}

type Each = (has: (label: number) => boolean, probability: (label: number) => number) => void;

async function eachRow(pieces: AsyncIterable<Outputs>, count: number, each: Each): Promise<void> {
  for await (const { values, width, truths } of pieces) {
    for (let row = 0; row < truths.length / count; row++) {
      each(
        (label) => truths[row * count + label]! > 0,
        (label) => sigmoid(values[row * width + label]!),
      );
    }
  }
}

/** The threshold of each label that is best by its F1, chosen on rows that were not learned from. */
function thresholdsOf(sample: Sample, { of }: Assessment['rows'], count: number): number[] {
  const { rows, width, values } = sample;
  return Array.from({ length: count }, (_, label) => {
    const column = (at: number) => Float64Array.from({ length: rows }, (__, row) => values[row * width + at]!);
    const truths = column(count + label);
    const positives = truths.reduce((sum, truth) => sum + truth, 0);
    const tells = of === 'validation' && rows >= LEAST_ROWS && positives > 0 && positives < rows;
    return tells ? thresholdOf(truths, column(label), 'f1') : USUAL_THRESHOLD;
  });
}

/** The mean over the labels. */
function lossOf(has: (label: number) => boolean, probability: (label: number) => number, count: number): number {
  let sum = 0;
  for (let label = 0; label < count; label++) {
    const right = has(label) ? probability(label) : 1 - probability(label);
    sum -= Math.log(Math.max(Number.EPSILON, right));
  }
  return sum / count;
}
