/** Buckets are kept small enough that the way from a bucket's first entry to any of its entries is one read. */
import { TransactionFailedError } from '../ports/errors.ts';
import type { Table } from '../ports/table/port.ts';
import { type Bucket, findBucket } from './bucket.ts';
import { bucketKey, entriesFrom, positionOf } from './list.ts';

/** Entries of a bucket from which on it is split. */
export const BUCKET_ENTRIES = 512;

interface Grown {
  readonly move: { readonly partition: string; readonly position: string };
  /** As it was before the entry at `position` came. */
  readonly bucket: Bucket;
}

/**
 * Splits the buckets that have become too large. Nothing depends on it: where another writer is in the way, the next one
 * that finds the bucket too large splits it.
 */
export async function splitGrown(table: Table, grown: readonly Grown[]): Promise<void> {
  const large = grown.filter(({ bucket }) => bucket.count + 1 > BUCKET_ENTRIES);
  await Promise.all(large.map(({ move }) => split(table, move.partition, move.position)));
}

async function split(table: Table, partition: string, position: string): Promise<void> {
  const bucket = await findBucket(table, partition, position);
  if (!bucket || bucket.count <= BUCKET_ENTRIES) return;
  const { items } = await table.query({ partition, ...entriesFrom(bucket.first), limit: bucket.count + 1 });
  const isLast = items.length === bucket.count;
  // What only ever grows at its end, as a list by time does, would leave all buckets half full.
  const keep = isLast && positionOf(items.at(-1)!) === position ? bucket.count - 1 : bucket.count >> 1;
  const middle = items[keep];
  if (!middle) return;
  const unchanged = { kind: 'compare', attribute: 'changes', op: '=', value: bucket.changes } as const;
  const { count, splits, changes } = bucket;
  try {
    await table.transact([
      {
        kind: 'update',
        key: bucketKey(partition, bucket.first),
        change: { set: { count: keep, splits: splits + 1, changes: changes + 1 } },
        condition: unchanged,
      },
      {
        kind: 'put',
        item: { ...bucketKey(partition, positionOf(middle)), count: count - keep, splits: 0, changes: 0 },
        condition: { kind: 'absent' },
      },
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
  }
}
