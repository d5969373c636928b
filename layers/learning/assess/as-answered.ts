/** Scores of a fit, by the thresholds by which its model answers. */
import { compileEvaluate } from '#engine/training/step.ts';
import { Evaluator } from '#engine/training/training.ts';
import { evaluate } from '../fit/evaluate.ts';
import type { Fit } from '../fit/fit.ts';
import { stateOf } from '../fit/outputs.ts';
import { type EncodedRows, pieceRows } from '../fit/rows.ts';
import type { Answers, EncodedData } from '../fit/task.ts';
import type { Fitted } from './outputs.ts';

export interface AnsweredBy extends Fitted {
  /** With the calibration that was chosen after the fit. */
  readonly preparation: Answers;
  readonly data: EncodedData;
}

/**
 * A fit scores the more probable class, or each label from a half on. Where thresholds were chosen afterwards, that is not
 * what the model answers: the rows are scored again.
 */
export async function scoredAsAnswered(fit: Fit, of: AnsweredBy): Promise<Fit> {
  const { threshold, thresholds } = of.preparation.calibration ?? {};
  if (threshold === undefined && thresholds === undefined) return fit;
  const { learner, data, device, preparation, between = async () => undefined } = of;
  await using evaluator = await Evaluator.open(compileEvaluate(learner.objective), device ? { device } : {});
  const state = stateOf(fit.parameters);
  const goOn = async () => {
    await between();
    return true;
  };
  const judging = { evaluator, preparation, pieceRows: pieceRows(learner.flopsPerRow), goOn };
  const scored = async (rows: EncodedRows) => (await evaluate(judging, state, rows))!;
  return {
    ...fit,
    training: await scored(data.training),
    ...(data.validation ? { validation: await scored(data.validation) } : {}),
    ...(data.test ? { test: await scored(data.test) } : {}),
  };
}
