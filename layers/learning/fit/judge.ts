/** Computes the metrics of an epoch, named as in a history. */
import type { State } from '#engine/training/state.ts';
import { type EvaluateOptions, evaluate, type Scores } from './evaluate.ts';
import { rowsOf } from './rows.ts';
import type { Answers, EncodedData } from './task.ts';

/** Sums over the rows of an epoch so far, each as it was when the network learned from it. */
export interface Totals {
  readonly loss: number;
  readonly weight: number;
  readonly correct: number;
}

/** The training rows on which a regression is evaluated after each epoch. At the end, all of them are used. */
const SAMPLE_ROWS = 8192;

/** Training metrics are those seen while learning; validation metrics are computed afterwards. `undefined` if ended. */
export async function judgeEpoch(
  judging: EvaluateOptions,
  state: State,
  data: EncodedData,
  totals: Totals,
): Promise<Scores | undefined> {
  const { task } = judging.preparation;
  const seen = { loss: totals.loss / totals.weight, accuracy: totals.correct / rowsOf(data.training) };
  const training = task !== 'regression' ? seen : await evaluate(judging, state, data.training, SAMPLE_ROWS);
  const validation = data.validation ? await evaluate(judging, state, data.validation) : {};
  if (!training || !validation) return undefined;
  return { ...only(task, training, ''), ...only(task, validation, 'val_', judging.more) };
}

/** The scores that a history has, by task. */
const EPOCH_METRICS = {
  classification: ['loss', 'accuracy'],
  regression: ['loss', 'rmse', 'mae', 'r2'],
  multilabel: ['loss', 'accuracy'],
} as const;

/** The scores that a task's history has, with a prefix added to their names. */
export function only(task: Answers['task'], scores: Scores, prefix: string, more: readonly string[] = []): Scores {
  const names: readonly string[] = [...EPOCH_METRICS[task], ...more];
  return Object.fromEntries(names.flatMap((name) => (name in scores ? [[prefix + name, scores[name]!]] : [])));
}

/** The metric that a monitor adds to a history. */
export function moreOf(task: Answers['task'], monitor: string): readonly string[] {
  const name = monitor.replace(/^val_/, '');
  const usual: readonly string[] = EPOCH_METRICS[task];
  return usual.includes(name) ? [] : [name];
}
