/** Trains a family on a file as a job does, and scores it on the rows that were kept back for a test. */
import { openFileBytes } from '#learning/files/file-bytes.ts';
import { fitLearner, learnerOf } from '#learning/fit/fit.ts';
import { withOptions } from '#learning/fit/options.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { loadRows } from '#learning/table/load.ts';
import { prepare } from '#learning/table/prepare.ts';
import { splitRows } from '#learning/table/split.ts';
import { families } from '#zoo/registry.ts';

export interface Fitting {
  readonly file: string;
  readonly target: string;
  readonly family: string;
  readonly seed: number;
  /** The share of rows that chooses the epoch, and is not learned from. */
  readonly validation: number;
}

export interface Fitted {
  /** The accuracy of a classification, or R² of a regression. */
  readonly score: number;
  /** Numbers of the rows for the test, among those that have a target. */
  readonly test: readonly number[];
}

const TEST = 0.2;

export async function fitOurs({ file, target, family: name, seed, validation }: Fitting): Promise<Fitted> {
  const family = families[name]!;
  const hyperparameters = family.hyperparameters.parse({ seed });
  await using bytes = await openFileBytes(file);
  const profile = await profileCsv(bytes, { task: 'auto', target });
  const wanted = family.wanted?.(hyperparameters) ?? {};
  const options = { validationSplit: validation, testSplit: TEST, seed, wanted };
  const { preparation, data } = await prepare(bytes, profile, options);
  const learner = learnerOf({ family, hyperparameters, preparation });
  const fit = await fitLearner({
    ...(await withOptions(learner, { hyperparameters, preparation, data })),
    ...{ preparation, data },
    earlyStopping: { enabled: false, patience: 10, monitor: 'val_loss' },
    now: () => performance.now(),
    report: async () => true,
  });
  const rows = await loadRows(bytes, profile);
  const { test } = splitRows(rows.target, { validation, test: TEST }, seed, rows.splitBy);
  return { score: fit!.test![profile.task === 'regression' ? 'r2' : 'accuracy']!, test: Array.from(test) };
}
