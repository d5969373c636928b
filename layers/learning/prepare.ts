import type { DatasetProfile } from '#domain/profile.ts';
import { TrainingFailure } from './failure.ts';
import type { EncodedData, Preparation } from './fit/task.ts';
import { encodeRows, encodeTarget } from './tabular/encode.ts';
import { fitEncoder } from './tabular/encoder.ts';
import { loadRows } from './tabular/load.ts';
import { splitRows } from './tabular/split.ts';
import { fitTarget } from './tabular/target.ts';

export interface Prepared {
  readonly preparation: Preparation;
  readonly data: EncodedData;
  readonly rows: { readonly training: number; readonly validation: number };
}

export interface PrepareOptions {
  /** The part of the rows that is kept back, 0–0.9. */
  readonly validationSplit: number;
  readonly seed: number;
}

/**
 * From a file to encoded rows. All that is learned here is learned from the training rows.
 * @throws TrainingFailure if the data cannot be learned from
 */
export async function prepare(
  bytes: AsyncIterable<Uint8Array>,
  profile: DatasetProfile,
  { validationSplit, seed }: PrepareOptions,
): Promise<Prepared> {
  const rows = await loadRows(bytes, profile);
  const { training, validation } = splitRows(rows.target, validationSplit, seed);
  if (training.length < 2) {
    throw new TrainingFailure(`There must be at least 2 rows to learn from; got ${training.length}`);
  }
  const encoder = fitEncoder(rows, training);
  const scale = fitTarget(rows.target, training);
  const encode = (which: Int32Array) => ({
    ...encodeRows(rows, encoder, which),
    ...encodeTarget(rows.target, scale, which),
  });
  const classes = rows.target.task === 'classification' ? rows.target.classes : [];
  return {
    preparation: { encoder, task: rows.target.task, classes, scale },
    data: { training: encode(training), ...(validation.length > 0 ? { validation: encode(validation) } : {}) },
    rows: { training: training.length, validation: validation.length },
  };
}
