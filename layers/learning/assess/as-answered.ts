/** Scores of a fit, as its model answers. */
import { compileEvaluate } from '#engine/training/step.ts';
import { Evaluator } from '#engine/training/training.ts';
import { evaluate, type Scores } from '../fit/evaluate.ts';
import type { Fit } from '../fit/fit.ts';
import { stateOf } from '../fit/outputs.ts';
import { type EncodedRows, pieceRows } from '../fit/rows.ts';
import type { Answers, EncodedData } from '../fit/task.ts';
import { PROBABILITY_METRICS } from '../metrics/probability-judge.ts';
import type { Fitted } from './outputs.ts';

export interface AnsweredBy extends Fitted {
  /** With the calibration that was chosen after the fit. */
  readonly preparation: Answers;
  readonly data: EncodedData;
}

/**
 * A fit scores the more probable class, or each label from a half on. Where thresholds were chosen afterwards, that is not
 * what the model answers: the rows are scored again. So are those of a test of classes in any case: how good probabilities
 * are is known by rows that had no part in their temperature.
 */
export async function scoredAsAnswered(fit: Fit, of: AnsweredBy): Promise<Fit> {
  const { learner, data, device, preparation, between = async () => undefined } = of;
  const { threshold, thresholds } = preparation.calibration ?? {};
  const isChosen = threshold !== undefined || thresholds !== undefined;
  const tested = isChosen || preparation.task === 'classification' ? data.test : undefined;
  if (!isChosen && !tested) return fit;
  await using evaluator = await Evaluator.open(compileEvaluate(learner.objective), device ? { device } : {});
  const state = stateOf(fit.parameters);
  const goOn = async () => {
    await between();
    return true;
  };
  const judging = { evaluator, preparation, pieceRows: pieceRows(learner.flopsPerRow), goOn };
  const scored = async (rows: EncodedRows, more: readonly string[] = []) =>
    (await evaluate({ ...judging, more }, state, rows))!;
  return {
    ...fit,
    ...(isChosen ? { training: await scored(data.training) } : {}),
    ...(isChosen && data.validation ? { validation: await scored(data.validation) } : {}),
    ...(tested ? { test: named(await scored(tested, PROBABILITY_METRICS), preparation) } : {}),
  };
}

/** ROC AUC of more than two classes is called what it is in an assessment. */
function named({ roc_auc, ...scores }: Scores, { classes }: Answers): Scores {
  if (roc_auc === undefined) return scores;
  return { ...scores, [classes.length === 2 ? 'roc_auc' : 'roc_auc_ovr']: roc_auc };
}
