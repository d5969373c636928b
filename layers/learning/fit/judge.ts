/** The metrics of an epoch, by the names that a history has. */
import type { State } from '#engine/training/state.ts';
import { type EvaluateOptions, evaluate, type Scores } from './evaluate.ts';
import type { EncodedData, Preparation } from './task.ts';

/** Sums over the rows of an epoch's steps so far, as each was seen while learning. */
export interface Totals {
  readonly loss: number;
  readonly weight: number;
  readonly correct: number;
}

/** Training rows that a regression is judged by in each epoch; all of them are in the end. */
const SAMPLE_ROWS = 8192;

/** Of training rows as they were seen while learning, of validation rows afterwards; `undefined` if it was ended. */
export async function judgeEpoch(
  judging: EvaluateOptions,
  state: State,
  data: EncodedData,
  totals: Totals,
): Promise<Scores | undefined> {
  const { task } = judging.preparation;
  const seen = { loss: totals.loss / totals.weight, accuracy: totals.correct / totals.weight };
  const training = task === 'classification' ? seen : await evaluate(judging, state, data.training, SAMPLE_ROWS);
  const validation = data.validation ? await evaluate(judging, state, data.validation) : {};
  if (!training || !validation) return undefined;
  return { ...only(task, training, ''), ...only(task, validation, 'val_') };
}

/** The names that the history has, of the scores that were computed. */
const EPOCH_METRICS = {
  classification: ['loss', 'accuracy'],
  regression: ['loss', 'rmse', 'mae', 'r2'],
} as const;

/** Those scores that a task's history has, with a prefix to their names. */
export function only(task: Preparation['task'], scores: Scores, prefix: string): Scores {
  const names: readonly string[] = EPOCH_METRICS[task];
  return Object.fromEntries(names.flatMap((name) => (name in scores ? [[prefix + name, scores[name]!]] : [])));
}
