import { z } from 'zod';
import type { Item, Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { ALL_BUCKETS, bucketsUpTo, positionOf } from './list.ts';

const stored = z.object({
  /** Of entries. */
  count: z.int(),
  /** Raised when the bucket's borders change: a write that was prepared before that fails. */
  splits: z.int(),
  /** Raised with every change. */
  changes: z.int(),
});

export interface Bucket extends z.infer<typeof stored> {
  /** The position at which it begins; empty for the first bucket of a list. */
  readonly first: string;
}

const bucketOf = (item: Item): Bucket => ({ first: positionOf(item), ...stored.parse(item) });

export const EMPTY = { count: 0, splits: 0, changes: 0 } as const;

/** The bucket that a position is in; undefined if the list does not exist yet. One read. */
export async function findBucket(table: Table, partition: string, position: string): Promise<Bucket | undefined> {
  return (await bucketsBefore(table, partition, position, 1))[0];
}

/** The bucket that a position is in and those before it, backwards, up to `limit` in all. */
export async function bucketsBefore(
  table: Table,
  partition: string,
  position: string,
  limit: number,
): Promise<readonly Bucket[]> {
  const { items } = await table.query({ partition, ...bucketsUpTo(position), order: 'descending', limit });
  return items.map(bucketOf);
}

/** All buckets of a list, in order: one read for each thousand, which is for about 250,000 entries or more. */
export async function readBuckets(table: Table, partition: string): Promise<readonly Bucket[]> {
  return (await readAll(table, { partition, prefix: ALL_BUCKETS })).map(bucketOf);
}

export const totalOf = (buckets: readonly Bucket[]): number => buckets.reduce((sum, { count }) => sum + count, 0);
