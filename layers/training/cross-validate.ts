/**
 * Cross-validation of a job: a network is fitted for each part of the rows, and judged on it. The scores of the parts that
 * are done are kept, so that a job that is interrupted goes on with the next part.
 */
import { tmpdir } from 'node:os';
import { assess } from '#learning/assess/assess.ts';
import { type CrossValidation, crossValidationOf } from '#learning/assess/cross-validation.ts';
import type { Scores } from '#learning/fit/evaluate.ts';
import { splitName } from '#learning/split-by.ts';
import { dataNameOf, type FitData, fitData } from './fit-data.ts';
import { openScratch } from './scratch.ts';

/**
 * The model itself is fitted afterwards: that is one more part of the job.
 * @param disk a folder on a disk, for data that do not fit into memory
 * Throws `TrainingFailure`, `Interrupted`, and `Ended` if the job is no longer this trainer's.
 */
export async function crossValidate(
  of: FitData,
  parts: number,
  disk: string | undefined,
): Promise<CrossValidation | undefined> {
  const { run, profile } = of;
  const { job, checkpoint, reporter, jobLog } = run;
  const dataName = `${dataNameOf(of)}, ${parts} parts`;
  const scores: Scores[] = [...(await checkpoint.readFolds(dataName))];
  for (let index = scores.length; index < parts && reporter.enough === undefined; index++) {
    jobLog.tell('INFO', `part ${index + 1} of ${parts} of the cross-validation`);
    await using scratch = await openScratch(disk ?? tmpdir(), job.id);
    const { folder } = scratch;
    const part = { done: index, of: parts + 1 };
    const { prepared, settled, fit } = await fitData(of, { folder, part, fold: { index, of: parts } });
    const { preparation, data } = prepared;
    const { metrics } = await assess({
      ...{ learner: settled.learner, parameters: fit.parameters, preparation, data, device: run.device },
      // On the rows of the part a temperature or a threshold would be too good.
      calibrate: false,
      between: () => reporter.expectMore(),
    });
    scores.push(metrics);
    await checkpoint.keepFolds(dataName, scores, reporter);
  }
  if (scores.length === parts) return crossValidationOf(scores, splitName(profile, of.kind, job));
  jobLog.tell('WARN', `the cross-validation ended after ${scores.length} of ${parts} parts: the budget is used up`);
  return undefined;
}
