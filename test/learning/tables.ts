import type { Tensors } from '#engine/tensor.ts';
import { type FitSpec, fitNetwork } from '#learning/fit/fit.ts';
import { type EncodedRows, isSharded } from '#learning/fit/rows.ts';
import type { Scratch } from '#learning/prepared.ts';
import { type ProfileOptions, profileCsv } from '#learning/profile/profile.ts';
import { prepare } from '#learning/table/prepare.ts';
import type { PreparedTable } from '#learning/table/prepared.ts';
import { families } from '#zoo/registry.ts';
import { chunked } from './chunks.ts';

export const mlp = families.mlp!;

export interface LearnOptions extends Partial<ProfileOptions> {
  readonly validationSplit?: number;
  readonly testSplit?: number;
  readonly hyperparameters?: object;
  readonly scratch?: Scratch;
}

/** A file's text, profiled and prepared. */
export async function prepared(text: string, options: LearnOptions = {}) {
  const { validationSplit = 0.2, testSplit = 0, hyperparameters = {}, scratch, ...profiling } = options;
  const profile = await profileCsv(chunked(text), { task: 'auto', ...profiling });
  const h = mlp.hyperparameters.parse(hyperparameters);
  const splits = { validationSplit, testSplit, seed: h.seed };
  const made = await prepare(chunked(text), profile, { ...splits, ...(scratch && { scratch }) });
  return { profile, hyperparameters: h, ...made };
}

/** What was learned from the rows: two preparations are alike if this is. */
export const known = ({ encoding: { encoder }, ...answers }: PreparedTable['preparation']) => ({ ...answers, encoder });

/** Rows that lie in memory. */
export function resident(rows: EncodedRows): Tensors {
  if (isSharded(rows)) throw new Error(`the rows lie in ${rows.folder}`);
  return rows;
}

/** … and learned from. */
export async function learned(text: string, options: LearnOptions = {}, more: Partial<FitSpec> = {}) {
  const made = await prepared(text, options);
  const fitted = await fitNetwork({
    family: mlp,
    hyperparameters: made.hyperparameters,
    preparation: made.preparation,
    data: made.data,
    earlyStopping: { enabled: false, patience: 10, monitor: 'val_loss' },
    now: () => performance.now(),
    report: async () => true,
    ...more,
  });
  return { ...made, fitted };
}
