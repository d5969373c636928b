import { z } from 'zod';
import type { Item, Table } from '../ports/table/port.ts';
import { ALL_BUCKETS, bucketsUpTo, positionOf } from './list.ts';

const stored = z.object({
  count: z.int(),
  /** Counts the splits: a write that was prepared before one is refused after it. */
  splits: z.int(),
  /** Counts every change of its entries. */
  changes: z.int(),
});

export interface Bucket extends z.infer<typeof stored> {
  /** The position from which on entries are in it; the first bucket's is empty. */
  readonly first: string;
}

const bucketOf = (item: Item): Bucket => ({ first: positionOf(item), ...stored.parse(item) });

export const EMPTY = { count: 0, splits: 0, changes: 0 } as const;

/** The bucket that a position is in; `undefined` where the list does not exist yet. One read. */
export async function findBucket(table: Table, partition: string, position: string): Promise<Bucket | undefined> {
  const { items } = await table.query({ partition, ...bucketsUpTo(position), order: 'descending', limit: 1 });
  return items[0] && bucketOf(items[0]);
}

/** All of a list's buckets in order: one read for each thousand of them, that is for about 250,000 entries or more. */
export async function readBuckets(table: Table, partition: string): Promise<Bucket[]> {
  const found: Bucket[] = [];
  let cursor: string | undefined;
  do {
    const query = { partition, prefix: ALL_BUCKETS, limit: 1000 } as const;
    const page = await table.query(cursor === undefined ? query : { ...query, cursor });
    found.push(...page.items.map(bucketOf));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}
