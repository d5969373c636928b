import { uniformStream } from '#engine/random.ts';
import { shuffled } from '#engine/shuffle.ts';

/** The batches of an epoch: each row once, in an order that depends only on seed and epoch. The last may be short. */
export function batchesOf(rows: number, batchSize: number, seed: number, epoch: number): Int32Array[] {
  const order = shuffled(rows, uniformStream(seed, `shuffle ${epoch}`));
  return Array.from({ length: Math.ceil(rows / batchSize) }, (_, i) =>
    order.subarray(i * batchSize, (i + 1) * batchSize),
  );
}
