/**
 * Texts of like length together: a batch takes as many tokens as its longest text, times its texts. Lengths are rounded up
 * to a few, since each has a compiled program of its own.
 */
import { uniformStream } from '#engine/random.ts';
import { shuffle, shuffled } from '#engine/shuffle.ts';

/** The shares of texts that the lengths are chosen by. */
const SHARES = [0.25, 0.5, 0.75, 0.9, 1];
const MULTIPLE = 8;
/** Batches whose texts are sorted together. The order of texts remains random beyond them. */
const TOGETHER = 32;

/** At most five lengths, ascending, of which the last is that of the longest text. */
export function bucketsOf(lengths: Int32Array): number[] {
  const sorted = lengths.toSorted();
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 1;
  const rounded = SHARES.map((share) => Math.ceil(at(share) / MULTIPLE) * MULTIPLE);
  return [...new Set(rounded)];
}

/** The least of the lengths that a text fits in; of a longer one the last. */
export const bucketOf = (length: number, buckets: readonly number[]): number =>
  buckets.find((bucket) => length <= bucket) ?? buckets.at(-1)!;

/** The longest of the lengths, and of the shorter ones as many as have room beside it: texts are padded more without them. */
export function affordable(
  buckets: readonly number[],
  bytesOf: (bucket: number) => number,
  room: number,
): readonly number[] {
  let bytes = 0;
  const first = buckets.findLastIndex((bucket) => {
    bytes += bytesOf(bucket);
    return bytes > room;
  });
  return buckets.slice(Math.min(first + 1, buckets.length - 1));
}

/**
 * The batches of an epoch: each row once, in an order that depends only on seed and epoch. Rows are shuffled, sorted by
 * length some batches at a time, and the batches shuffled again.
 */
export function bucketedBatches(lengths: Int32Array, batchSize: number, seed: number, epoch: number): Int32Array[] {
  const order = shuffled(lengths.length, uniformStream(seed, `shuffle ${epoch}`));
  const batches: Int32Array[] = [];
  for (let from = 0; from < order.length; from += TOGETHER * batchSize) {
    const some = order.slice(from, from + TOGETHER * batchSize).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
    for (let at = 0; at < some.length; at += batchSize) batches.push(some.subarray(at, at + batchSize));
  }
  const places = Int32Array.from(batches.keys());
  shuffle(places, uniformStream(seed, `shuffle batches ${epoch}`));
  return Array.from(places, (place) => batches[place]!);
}
