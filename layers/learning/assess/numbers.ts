import type { EncodedRows } from '../fit/rows.ts';
import { finite } from '../metrics/finite.ts';
import { Errors } from '../metrics/regression.ts';
import { Sample } from '../metrics/sample.ts';
import { type Assessment, type AssessSpec, naiveWarnings } from './assessment.ts';
import { Gain } from './gain.ts';
import { intervalsOf } from './intervals.ts';
import { outputsOver } from './outputs.ts';

export async function assessNumbers(
  spec: AssessSpec,
  rows: EncodedRows,
  about: Assessment['rows'],
): Promise<Assessment> {
  const { mean, deviation } = spec.preparation.scale;
  const [errors, naive, gain, distances] = [new Errors(), new Errors(), new Gain(), new Sample(1)];
  for await (const { values, width, truths } of outputsOver(spec, rows)) {
    for (const [row, encoded] of truths.entries()) {
      const [truth, predicted] = [encoded * deviation + mean, values[row * width]! * deviation + mean];
      errors.add(truth, predicted);
      naive.add(truth, mean);
      gain.add((truth - mean) ** 2, (truth - predicted) ** 2);
      distances.add(0, [Math.abs(truth - predicted)], 0);
    }
  }
  const compared = { strategy: 'mean', answer: mean, metrics: finite(naive.scores()), ...gain.result } as const;
  return {
    rows: about,
    metrics: finite(errors.scores()),
    naive: compared,
    ...distances.sampled,
    // Errors on rows that were learned from are too small.
    regression: { intervals: about.of === 'validation' ? intervalsOf(distances.values) : [] },
    warnings: naiveWarnings(compared, about.count),
  };
}
