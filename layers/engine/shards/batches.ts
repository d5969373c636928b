import { uniformStream } from '../random.ts';
import { shuffle, shuffled } from '../shuffle.ts';
import type { Tensors } from '../tensor.ts';
import { rowBytesOf, ShardError } from './format.ts';
import type { Shards } from './read.ts';
import { RowBuffer } from './rows.ts';

/** Memory for the rows in use and for those being read. The order of rows does not depend on its size. */
export interface ShardMemory {
  readonly shards: Shards;
  readonly batchSize: number;
  /** The number of rows in each buffer. */
  readonly capacity: number;
  readonly buffers: readonly [RowBuffer, RowBuffer];
}

export interface EpochOptions {
  readonly seed: number;
  /** The number of the epoch, counted from anything. Each epoch has its own order. */
  readonly epoch: number;
  /** The number of the first batch, for a training that is resumed. Default: 0. */
  readonly from?: number;
}

/**
 * Memory for batches from shards, for one epoch after another.
 * @throws ShardError if it does not hold the largest shard and a batch twice
 */
export function shardMemory(
  shards: Shards,
  { batchSize, bytes }: { readonly batchSize: number; readonly bytes: number },
): ShardMemory {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new ShardError(`batch size must be an integer of at least 1; got ${batchSize}`);
  const width = rowBytesOf(shards.tensors);
  const least = Math.max(...shards.sizes) + batchSize;
  const capacity = Math.min(shards.rows + batchSize, Math.floor(bytes / 2 / width));
  if (capacity < least)
    throw new ShardError(
      `memory must hold the largest shard and a batch twice, ${2 * least * width} bytes; got ${bytes}`,
    );
  const buffer = () => new RowBuffer(shards.tensors, capacity);
  return { shards, batchSize, capacity, buffers: [buffer(), buffer()] };
}

/** Rows in memory, and the batches that consist of them. */
export interface ShardedBatches {
  /** For `Training.data`. Valid until the next piece is requested. */
  readonly data: Tensors;
  /** Row numbers of the data, for `Training.run`. */
  readonly batches: readonly Int32Array[];
  /** The number of the first of these batches in the epoch. */
  readonly first: number;
}

/*
 *  order      shard 2          shard 0          shard 1        drawn from seed and epoch
 *  rows       | c a d b e |    | h f g j i |    | m l k |      drawn from seed, epoch and shard
 *  batches    [c a d][b e  h][f g j][i   m l][k]               cut without regard to shards
 *  memory     [ shard 2      ][e b ‖ shard 0  ][i ‖ shard 1]   leftover rows go before those that are read next
 *
 *  While one piece is in use, the next is read into the other of two buffers.
 */
/**
 * The batches of an epoch: each row once, in an order that depends only on the shards, the seed and the epoch. The last
 * batch may be short. The shards are shuffled, and so are the rows within each. Only one iteration at a time may use a
 * memory.
 * @throws ShardError if a shard cannot be read, or if there is no batch numbered `from`
 */
export async function* shardedBatches(
  { shards, batchSize, capacity, buffers }: ShardMemory,
  { seed, epoch, from = 0 }: EpochOptions,
): AsyncGenerator<ShardedBatches, void, undefined> {
  if (!Number.isInteger(from) || from < 0) throw new ShardError(`from must be the number of a batch; got ${from}`);
  const { sizes } = shards;
  const order = shuffled(sizes.length, uniformStream(seed, `epoch ${epoch} shards`));
  const start = startOf(order, sizes, from * batchSize);
  const pieces = piecesOf(order.subarray(start.place), sizes, capacity - batchSize);
  const rowsOf = (piece: readonly number[]): Int32Array =>
    concatenated(
      placesOf(piece, sizes, batchSize).map(({ shard, at }) => {
        const rows = Int32Array.from({ length: sizes[shard]! }, (_, row) => at + row);
        return shuffle(rows, uniformStream(seed, `epoch ${epoch} shard ${shard}`));
      }),
    );
  const read = async (piece: readonly number[], into: RowBuffer): Promise<void> => {
    await Promise.all(placesOf(piece, sizes, batchSize).map(({ shard, at }) => shards.load(shard, into, at)));
  };
  let [buffer, other] = buffers;
  let reading = pieces[0] && read(pieces[0], buffer);
  let [left, first, skip] = [new Int32Array(), from, start.offset];
  try {
    for (const [i, piece] of pieces.entries()) {
      await reading;
      const rows = concatenated([left, rowsOf(piece).subarray(skip)]);
      skip = 0;
      const next = pieces[i + 1];
      const whole = next ? Math.floor(rows.length / batchSize) : Math.ceil(rows.length / batchSize);
      const batches = Array.from({ length: whole }, (_, k) => rows.subarray(k * batchSize, (k + 1) * batchSize));
      const over = rows.subarray(whole * batchSize);
      other.take(buffer, over);
      left = Int32Array.from(over.keys());
      reading = next && read(next, other);
      // It is awaited later. Until then, nothing would handle its rejection.
      reading?.catch(() => undefined);
      if (whole > 0) yield { data: buffer.tensors(capacity), batches, first };
      first += whole;
      [buffer, other] = [other, buffer];
    }
  } finally {
    // The next iteration uses the same memory.
    await reading?.catch(() => undefined);
  }
}

/** The positions of consecutive shards, after room for the leftover rows of the previous piece. */
function placesOf(piece: readonly number[], sizes: readonly number[], from: number) {
  let at = from;
  return piece.map((shard) => {
    const place = { shard, at };
    at += sizes[shard]!;
    return place;
  });
}

/** The position, in the order of shards, of an epoch's row with the given number. */
function startOf(order: Int32Array, sizes: readonly number[], row: number): { place: number; offset: number } {
  let offset = row;
  for (const [place, shard] of order.entries()) {
    if (offset < sizes[shard]!) return { place, offset };
    offset -= sizes[shard]!;
  }
  return { place: order.length, offset: 0 };
}

/** Groups the shards into pieces, each with as many as fit. */
function piecesOf(order: Int32Array, sizes: readonly number[], most: number): number[][] {
  const pieces: number[][] = [];
  let rows = 0;
  for (const shard of order) {
    rows += sizes[shard]!;
    const last = pieces.at(-1);
    if (last && rows <= most) last.push(shard);
    else {
      pieces.push([shard]);
      rows = sizes[shard]!;
    }
  }
  return pieces;
}

function concatenated(parts: readonly Int32Array[]): Int32Array<ArrayBuffer> {
  const whole = new Int32Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
