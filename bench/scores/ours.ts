/** Trains a family on a file as a job does, and scores it on the rows that were kept back for a test. */
import { openFileBytes } from '#learning/files/file-bytes.ts';
import { fitLearner, learnerOf } from '#learning/fit/fit.ts';
import { withOptions } from '#learning/fit/options.ts';
import { kindFor } from '#learning/kinds.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { openSource } from '#learning/source.ts';
import { loadRows } from '#learning/table/load.ts';
import { splitRows } from '#learning/table/split.ts';
import { families } from '#zoo/registry.ts';

export interface Fitting {
  readonly file: string;
  readonly target: string;
  readonly family: string;
  readonly seed: number;
  /** The share of rows that chooses the epoch, and is not learned from. */
  readonly validation: number;
  /** Default: those of the family. */
  readonly hyperparameters?: Readonly<Record<string, unknown>>;
}

export interface Fitted {
  /** The accuracy of a classification, or R² of a regression. */
  readonly score: number;
  /** Numbers of the rows for the test, among those that have a target; of a series, of the windows, by their first row. */
  readonly test: readonly number[];
}

export const TEST = 0.2;

export async function fitOurs({
  file,
  target,
  family: name,
  seed,
  validation,
  hyperparameters: given = {},
}: Fitting): Promise<Fitted> {
  const family = families[name]!;
  const hyperparameters = family.hyperparameters.parse({ ...given, seed });
  await using bytes = await openFileBytes(file);
  const profile = await profileCsv(bytes, { task: 'auto', target });
  const wanted = family.wanted?.(hyperparameters) ?? {};
  const kind = kindFor(family, profile)!;
  const options = { validationSplit: validation, testSplit: TEST, seed, wanted };
  const { preparation, data, rows } = await kind.prepare(openSource(bytes), profile, options);
  const learner = learnerOf({ family, hyperparameters, preparation });
  const fit = await fitLearner({
    ...(await withOptions(learner, { hyperparameters, preparation, data })),
    ...{ preparation, data },
    earlyStopping: { enabled: false, patience: 10, monitor: 'val_loss' },
    now: () => performance.now(),
    report: async () => true,
  });
  const score = fit!.test![profile.task === 'regression' ? 'r2' : 'accuracy']!;
  if (kind.name === 'series') {
    // The last windows, whatever the seed is.
    const first = rows.training + rows.validation;
    return { score, test: Array.from({ length: rows.test }, (_, i) => first + i) };
  }
  const { target: all, splitBy } = await loadRows(bytes, profile);
  const { test } = splitRows(all, { validation, test: TEST }, seed, splitBy);
  return { score, test: Array.from(test) };
}
