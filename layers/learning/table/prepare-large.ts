/** Turns a file that does not fit into memory into encoded rows on disk; see `prepare`. */
import { join } from 'node:path';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { rowBytesOf, rowTypes } from '#engine/shards/format.ts';
import { openShards } from '#engine/shards/read.ts';
import { ShardWriter } from '#engine/shards/write.ts';
import type { TableBytes } from '../files/source-bytes.ts';
import { targetType } from '../fit/task.ts';
import type { PrepareOptions, Scratch } from '../prepared.ts';
import { withRoom } from '../room.ts';
import { SHARD_BYTES } from '../row-sink.ts';
import { AfterSplit } from './after-split.ts';
import { classesOf, type Rows } from './columns.ts';
import { encodeAll } from './encode.ts';
import { EncoderFitting } from './encoder.ts';
import { trainedEncoding } from './encoding.ts';
import type { PreparedTable } from './prepared.ts';
import { type RowPiece, spillRows } from './spill.ts';
import { expectEnough, type Split, splitRows } from './split.ts';
import { encoderOf, scaleOf } from './start.ts';
import { fitTarget } from './target.ts';

/** Rows that are parsed and encoded together. */
const PIECE_ROWS = 65_536;

/*
 *  file ── parsed once ──▶ pieces of columns on disk, targets in memory ──▶ split into training, validation and test
 *  pieces ──▶ encoder       pieces ──▶ encoded rows ──▶ shards for each of them
 */
interface LargeOptions extends PrepareOptions {
  readonly scratch: Scratch;
}

/** @throws TrainingFailure if the data cannot be learned from or do not fit on the disk */
export async function prepareLarge(
  bytes: TableBytes,
  profile: DatasetProfile,
  options: LargeOptions,
): Promise<PreparedTable> {
  return withRoom(() => onDisk(bytes, profile, options));
}

async function onDisk(
  bytes: TableBytes,
  profile: DatasetProfile,
  {
    validationSplit,
    testSplit,
    seed,
    split: how,
    scratch,
    wanted,
    start,
    fold,
    columns: recorded,
    between = async () => undefined,
  }: LargeOptions,
): Promise<PreparedTable> {
  const { folder, pieceRows = PIECE_ROWS, shardBytes = SHARD_BYTES } = scratch;
  const rows = await spillRows(bytes, profile, join(folder, 'columns'), pieceRows, recorded);
  const fractions = { validation: validationSplit, test: testSplit, fold, isRandom: how === 'random' };
  const split = splitRows(rows.target, fractions, seed, rows.splitBy);
  expectEnough(split, fractions, rows.splitBy);
  const fitting = new EncoderFitting(wanted?.table?.embedAbove);
  const late = new AfterSplit(profile, rows.splitBy, split);
  let columns: Rows['columns'] = [];
  for await (const piece of rows.pieces()) {
    await between();
    const some = within(split.training, piece);
    fitting.take(piece.rows, some);
    late.take(piece.rows, some, piece.first);
    ({ columns } = piece.rows);
  }
  const { leftOut } = rows;
  const encoder = start ? encoderOf(start, { columns, leftOut }) : fitting.encoder(leftOut);
  const scale = start ? scaleOf(start) : fitTarget(rows.target, split.training);
  const { task } = rows.target;
  const classes = classesOf(rows.target);
  const encoding = trainedEncoding(encoder, profile);
  const tensors = rowTypes({ ...encoding.types, y: targetType(task, classes) });
  const encoded = async (kind: keyof Split) => {
    const which = split[kind];
    const shards = Math.ceil((which.length * rowBytesOf(tensors)) / Math.max(shardBytes, rowBytesOf(tensors)));
    const writer = await ShardWriter.create(join(folder, kind), { tensors, shards, seed });
    for await (const piece of rows.pieces()) {
      await between();
      const some = within(which, piece);
      await writer.append(encodeAll({ rows: piece.rows, encoder, scale, which: some }));
    }
    await writer.finish();
    return await openShards(join(folder, kind));
  };
  const { training, validation, test } = split;
  const data = {
    training: await encoded('training'),
    ...(validation.length > 0 ? { validation: await encoded('validation') } : {}),
    ...(test.length > 0 ? { test: await encoded('test') } : {}),
  };
  await rows.remove();
  return {
    preparation: { encoding, task, classes, scale },
    data,
    rows: { training: training.length, validation: validation.length, test: test.length },
    warnings: late.warnings,
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
