/**
 * Keeps the number of buckets, and of entries in each, such that a page is few reads away. Nothing depends on a change
 * of borders that fails because another writer is in the way: the next writer tries it again.
 */
import { keys } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { type Bucket, bucketsBefore, findBucket } from './bucket.ts';
import { entriesIn, positionOf } from './list.ts';

/** A bucket with more entries is split. */
export const BUCKET_ENTRIES = 512;

interface Moved {
  readonly partition: string;
  readonly position: string;
  readonly by: 1 | -1;
  /** As it was before the move. */
  readonly bucket: Bucket;
}

/** Splits the buckets that have become too large. */
export async function splitGrown(table: Table, moves: readonly Moved[]): Promise<void> {
  const grown = moves.filter(({ by, bucket }) => by === 1 && bucket.count + 1 > BUCKET_ENTRIES);
  await Promise.all(grown.map(({ partition, position }) => split(table, partition, position)));
}

async function split(table: Table, partition: string, position: string): Promise<void> {
  const bucket = await findBucket(table, partition, position);
  if (!bucket || bucket.count <= BUCKET_ENTRIES) return;
  const { first, count } = bucket;
  const { items } = await table.query({ partition, ...entriesIn({ from: first }), limit: Math.min(count + 1, 1000) });
  const isLast = items.length === count;
  // Halving the last bucket of a list that grows at its end, as one by time does, would leave every bucket half full.
  const keep = isLast && positionOf(items.at(-1)!) === position ? count - 1 : count >> 1;
  const middle = items[keep];
  if (!middle) return;
  const splits = bucket.splits + 1;
  await attempt(table, [
    { ...changeOf(partition, bucket, { count: keep, splits }) },
    {
      kind: 'put',
      item: { ...keys.listBucket(partition, positionOf(middle)), count: count - keep, splits, changes: 0 },
      condition: { kind: 'absent' },
    },
  ]);
}

/** Removes the buckets that have become empty, but for the first of a list. */
export async function removeEmpty(table: Table, moves: readonly Moved[]): Promise<void> {
  const emptied = moves.filter(({ by, bucket }) => by === -1 && bucket.count <= 1 && bucket.first !== '');
  await Promise.all(emptied.map(({ partition, bucket }) => remove(table, partition, bucket.first)));
}

async function remove(table: Table, partition: string, first: string): Promise<void> {
  const [bucket, previous] = await bucketsBefore(table, partition, first, 2);
  if (bucket?.first !== first || bucket.count > 0 || !previous) return;
  // A later bucket with the same beginning must not look like this one to a writer that has found this one.
  const splits = Math.max(bucket.splits, previous.splits) + 1;
  await attempt(table, [
    { kind: 'delete', key: keys.listBucket(partition, first), condition: unchanged(bucket) },
    changeOf(partition, previous, { count: previous.count, splits }),
  ]);
}

const unchanged = ({ changes }: Bucket): Condition => ({
  kind: 'compare',
  attribute: 'changes',
  op: '=',
  value: changes,
});

const changeOf = (partition: string, bucket: Bucket, to: Pick<Bucket, 'count' | 'splits'>): Write => ({
  kind: 'update',
  key: keys.listBucket(partition, bucket.first),
  change: { set: { ...to, changes: bucket.changes + 1 } },
  condition: unchanged(bucket),
});

async function attempt(table: Table, writes: readonly Write[]): Promise<void> {
  try {
    await table.transact(writes);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
  }
}
