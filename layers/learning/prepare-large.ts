/** Turns a file that does not fit into memory into encoded rows on disk; see `prepare`. */
import { join } from 'node:path';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { rowBytesOf, rowTypes } from '#engine/shards/format.ts';
import { openShards } from '#engine/shards/read.ts';
import { ShardWriter } from '#engine/shards/write.ts';
import { TrainingFailure } from './failure.ts';
import type { TableBytes } from './files/open.ts';
import { targetType } from './fit/task.ts';
import type { Prepared, PrepareOptions, Scratch } from './prepared.ts';
import { encodeRows, encodeTarget } from './tabular/encode.ts';
import { EncoderFitting } from './tabular/encoder.ts';
import { encodedTypes } from './tabular/front.ts';
import { type RowPiece, spillRows } from './tabular/spill.ts';
import { expectEnough, type Split, splitRows } from './tabular/split.ts';
import { fitTarget } from './tabular/target.ts';

/** Rows that are parsed and encoded together. */
const PIECE_ROWS = 65_536;
/** The size of a shard: small enough to hold several in memory, large enough to read one efficiently. */
const SHARD_BYTES = 2 ** 25;

/*
 *  file ── parsed once ──▶ pieces of columns on disk, targets in memory ──▶ split into training and validation
 *  pieces ──▶ encoder       pieces ──▶ encoded rows ──▶ shards for training and for validation
 */
interface LargeOptions extends PrepareOptions {
  readonly scratch: Scratch;
}

/** @throws TrainingFailure if the data cannot be learned from or do not fit on the disk */
export async function prepareLarge(
  bytes: TableBytes,
  profile: DatasetProfile,
  options: LargeOptions,
): Promise<Prepared> {
  try {
    return await onDisk(bytes, profile, options);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC')) throw cause;
    throw new TrainingFailure("The data must fit onto the trainer's disk, parsed and encoded; it is full", { cause });
  }
}

async function onDisk(
  bytes: TableBytes,
  profile: DatasetProfile,
  { validationSplit, seed, scratch, between = async () => undefined }: LargeOptions,
): Promise<Prepared> {
  const { folder, pieceRows = PIECE_ROWS, shardBytes = SHARD_BYTES } = scratch;
  const rows = await spillRows(bytes, profile, join(folder, 'columns'), pieceRows);
  const split = splitRows(rows.target, validationSplit, seed, rows.splitBy);
  expectEnough(split, rows.splitBy, validationSplit);
  const fitting = new EncoderFitting();
  for await (const piece of rows.pieces()) {
    await between();
    fitting.take(piece.rows, within(split.training, piece));
  }
  const encoder = fitting.encoder(rows.leftOut);
  const scale = fitTarget(rows.target, split.training);
  const { task } = rows.target;
  const tensors = rowTypes({ ...encodedTypes(encoder), y: targetType(task) });
  const encoded = async (kind: keyof Split) => {
    const which = split[kind];
    const shards = Math.ceil((which.length * rowBytesOf(tensors)) / Math.max(shardBytes, rowBytesOf(tensors)));
    const writer = await ShardWriter.create(join(folder, kind), { tensors, shards, seed });
    for await (const piece of rows.pieces()) {
      await between();
      const some = within(which, piece);
      await writer.append({
        ...encodeRows(piece.rows, encoder, some),
        ...encodeTarget(piece.rows.target, scale, some),
      });
    }
    await writer.finish();
    return await openShards(join(folder, kind));
  };
  const { training, validation } = split;
  const data = {
    training: await encoded('training'),
    ...(validation.length > 0 ? { validation: await encoded('validation') } : {}),
  };
  await rows.remove();
  return {
    preparation: { encoder, task, classes: rows.target.task === 'classification' ? rows.target.classes : [], scale },
    data,
    rows: { training: training.length, validation: validation.length },
  };
}

/** The rows of a piece that are among `which`, a list of row numbers in ascending order. */
function within(which: Int32Array, { first, rows: { count } }: RowPiece): Int32Array {
  const [from, to] = [lowerBound(which, first), lowerBound(which, first + count)];
  return which.subarray(from, to).map((row) => row - first);
}

/** The position of the first value that is at least `least`, by binary search. */
function lowerBound(values: Int32Array, least: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
