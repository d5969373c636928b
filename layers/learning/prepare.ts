import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { TrainingFailure } from './failure.ts';
import type { TableBytes } from './files/open.ts';
import { prepareLarge } from './prepare-large.ts';
import type { Prepared, PrepareOptions } from './prepared.ts';
import { encodeRows, encodeTarget } from './tabular/encode.ts';
import { fitEncoder } from './tabular/encoder.ts';
import { loadRows } from './tabular/load.ts';
import { RESIDENT_BYTES, residentBytes } from './tabular/resident.ts';
import { expectEnough, splitRows } from './tabular/split.ts';
import { fitTarget } from './tabular/target.ts';

/**
 * Turns a file into encoded rows. Whatever is learned here is learned from the training rows only.
 * @throws TrainingFailure if the data cannot be learned from
 */
export async function prepare(bytes: TableBytes, profile: DatasetProfile, options: PrepareOptions): Promise<Prepared> {
  const { validationSplit, seed, scratch } = options;
  const needed = residentBytes(profile);
  const most = scratch?.residentBytes ?? RESIDENT_BYTES;
  if (needed > most) {
    if (scratch) return await prepareLarge(bytes, profile, { ...options, scratch });
    throw new TrainingFailure(
      `The data must take at most ${most} bytes of memory where there is no disk to put them; got about ${needed}`,
    );
  }
  const rows = await loadRows(bytes, profile);
  const split = splitRows(rows.target, validationSplit, seed, rows.splitBy);
  expectEnough(split, rows.splitBy, validationSplit);
  const { training, validation } = split;
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
