import type { DatasetProfile } from '#domain/datasets/profile.ts';
import type { TableBytes } from '../files/source-bytes.ts';
import type { PrepareOptions } from '../prepared.ts';
import { needsDisk } from '../room.ts';
import { AfterSplit } from './after-split.ts';
import { shared } from './allocate.ts';
import { classesOf } from './columns.ts';
import { encodeAll } from './encode.ts';
import { encodeAllWith, fitEncoderWith } from './encode-share.ts';
import { fitEncoder } from './encoder.ts';
import { trainedEncoding } from './encoding.ts';
import { loadRows } from './load.ts';
import { prepareLarge } from './prepare-large.ts';
import type { PreparedTable } from './prepared.ts';
import { RESIDENT_BYTES, residentBytes } from './resident.ts';
import { expectEnough, splitRows } from './split.ts';
import { encoderOf, scaleOf } from './start.ts';
import { fitTarget } from './target.ts';

/**
 * Turns a file into encoded rows. Whatever is learned here is learned from the training rows only.
 * @throws TrainingFailure if the data cannot be learned from
 */
export async function prepare(
  bytes: TableBytes,
  profile: DatasetProfile,
  options: PrepareOptions,
): Promise<PreparedTable> {
  const { validationSplit, testSplit, seed, split: how, scratch, start, fold } = options;
  const most = scratch?.residentBytes ?? RESIDENT_BYTES;
  const isLarge = needsDisk(residentBytes(profile), most, scratch !== undefined);
  if (isLarge && scratch) return await prepareLarge(bytes, profile, { ...options, scratch });
  const { threads = 1, thread, columns } = options;
  const rows = await loadRows(bytes, profile, { threads, thread, columns, ...(thread ? { allocate: shared } : {}) });
  const fractions = { validation: validationSplit, test: testSplit, fold, isRandom: how === 'random' };
  const split = splitRows(rows.target, fractions, seed, rows.splitBy);
  expectEnough(split, fractions, rows.splitBy);
  const { training, validation, test } = split;
  const embedAbove = options.wanted?.table?.embedAbove;
  const fitted = () =>
    thread ? fitEncoderWith(thread, rows, training, embedAbove) : fitEncoder(rows, training, embedAbove);
  const encoder = start ? encoderOf(start, rows) : await fitted();
  const late = new AfterSplit(profile, rows.splitBy, split);
  late.take(rows, training);
  const scale = start ? scaleOf(start) : fitTarget(rows.target, training);
  const encode = async (which: Int32Array) => {
    const of = { rows, encoder, scale, which };
    return thread ? await encodeAllWith(thread, of) : encodeAll(of);
  };
  const classes = classesOf(rows.target);
  const encoding = trainedEncoding(encoder, profile);
  return {
    preparation: { encoding, task: rows.target.task, classes, scale },
    data: {
      training: await encode(training),
      ...(validation.length > 0 ? { validation: await encode(validation) } : {}),
      ...(test.length > 0 ? { test: await encode(test) } : {}),
    },
    rows: { training: training.length, validation: validation.length, test: test.length },
    warnings: late.warnings,
  };
}
