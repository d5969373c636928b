/** Encoded rows (`dense`, `codes` and `y`): in memory, or in shards on disk if they do not fit into memory. */
import { type EpochOptions, shardedBatches, shardMemory } from '#engine/shards/batches.ts';
import { rowBytesOf } from '#engine/shards/format.ts';
import type { Shards } from '#engine/shards/read.ts';
import { RowBuffer } from '#engine/shards/rows.ts';
import { expectTensor, type Tensors, tensor } from '#engine/tensor.ts';
import type { Batch } from '#engine/training/training.ts';
import { batchesOf } from './batches.ts';

export type EncodedRows = Tensors | Shards;

/** The memory for sharded rows during training, unless a shard and a batch need more. */
const MEMORY_BYTES = 2 ** 28;

export function isSharded(rows: EncodedRows): rows is Shards {
  return typeof rows.folder === 'string';
}

/** The number of rows. */
export const rowsOf = (rows: EncodedRows): number => (isSharded(rows) ? rows.rows : (rows.y?.shape[0] ?? 0));

/** Rows in memory, and batches of them. */
export interface Portion {
  readonly data: Tensors;
  readonly batches: readonly Batch[];
}

/** The rows for a training of many epochs. */
export interface TrainingRows {
  /** Data of the right types, with which to open a training. */
  readonly first: Tensors;
  /** All rows once, in batches, in the order given by seed and epoch, starting with the batch numbered `from`. */
  epoch(options: Required<EpochOptions>): AsyncIterable<Portion> | Iterable<Portion>;
}

/** Rows in memory, each once, in an order that depends only on seed and epoch. */
export type EpochBatches = (rows: Tensors, batchSize: number, seed: number, epoch: number) => Int32Array[];

/** The rows of an epoch: in each as many, of the same types. */
export type EpochRows = (seed: number, epoch: number) => Tensors;

interface EpochsOf {
  readonly batches?: EpochBatches | undefined;
  readonly epochRows?: EpochRows | undefined;
}

const inAnyOrder: EpochBatches = (rows, ...of) => batchesOf(rowsOf(rows), ...of);

/** @param of how an epoch differs from another, for rows in memory. Default: by the order of the rows */
export function trainingRows(
  rows: EncodedRows,
  batchSize: number,
  { batches = inAnyOrder, epochRows }: EpochsOf = {},
): TrainingRows {
  if (!isSharded(rows)) {
    const epoch = ({ seed, epoch, from }: Required<EpochOptions>) => {
      const data = epochRows?.(seed, epoch) ?? rows;
      return [{ data, batches: batches(data, batchSize, seed, epoch).slice(from) }];
    };
    return { first: rows, epoch };
  }
  const least = 2 * (Math.max(...rows.sizes) + batchSize) * rowBytesOf(rows.tensors);
  const memory = shardMemory(rows, { batchSize, bytes: Math.max(MEMORY_BYTES, least) });
  return { first: memory.buffers[0].tensors(0), epoch: (options) => shardedBatches(memory, options) };
}

/** Per piece of an evaluation, which then takes a fraction of a second. */
const PIECE_FLOPS = 5e8;
/** What a small network makes of the most rows stays in the processor's caches. */
const PIECE_ROWS = { least: 64, most: 4096 };

/** Rows per piece of an evaluation. */
export const pieceRows = (flopsPerRow: number): number =>
  Math.max(PIECE_ROWS.least, Math.min(PIECE_ROWS.most, Math.floor(PIECE_FLOPS / Math.max(1, flopsPerRow))));

/**
 * The rows in pieces, in their stored order. A piece is valid until the next one is requested.
 * @param limit the most rows, from the first
 */
export async function* piecesOf(rows: EncodedRows, pieceRows: number, limit: number): AsyncGenerator<Tensors> {
  let left = limit;
  for await (const { data, count } of isSharded(rows) ? loaded(rows) : [{ data: rows, count: rowsOf(rows) }]) {
    const end = Math.min(count, left);
    for (let start = 0; start < end; start += pieceRows)
      yield rowsBetween(data, start, Math.min(end, start + pieceRows));
    left -= end;
    if (left === 0) return;
  }
}

async function* loaded({ tensors, sizes, load }: Shards): AsyncGenerator<{ data: Tensors; count: number }> {
  const buffer = new RowBuffer(tensors, Math.max(...sizes));
  for (const [shard, count] of sizes.entries()) {
    await load(shard, buffer, 0);
    yield { data: buffer.tensors(count), count };
  }
}

/** A view of some rows: nothing is copied. */
export function rowsBetween(data: Tensors, start: number, end: number): Tensors {
  return Object.fromEntries(
    Object.entries(data).map(([name, t]) => {
      const width = t.shape.slice(1).reduce((size, dim) => size * dim, 1);
      const shape = [end - start, ...t.shape.slice(1)];
      return t.dtype === 'float32'
        ? [name, tensor('float32', shape, t.data.subarray(start * width, end * width))]
        : [name, tensor('int32', shape, expectTensor(name, t, 'int32').data.subarray(start * width, end * width))];
    }),
  );
}
