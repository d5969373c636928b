/** Reads entries of a list: those of a page by its number, or those after a position. */
import type { Item, Query, Table } from '../ports/table/port.ts';
import { type Bucket, findBucket, readBuckets, totalOf } from './bucket.ts';
import { ensureLists } from './build.ts';
import { entriesIn, type ListName, type ListSpec, partitionOf, positionOf } from './list.ts';
import type { Range } from './order.ts';

export interface Wanted extends ListName {
  readonly order: 'ascending' | 'descending';
  /** 1–1000. */
  readonly limit: number;
}

export interface Entry {
  readonly id: string;
  readonly position: string;
}

export interface Entries {
  readonly entries: readonly Entry[];
  /** Whether there are entries after them. */
  readonly more: boolean;
}

/** The entries after the first `offset` ones, and how many the list has. Two reads, one for each thousand buckets. */
export async function entriesAt<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  wanted: Wanted,
  offset: number,
): Promise<Entries & { readonly total: number }> {
  const partition = partitionOf(spec, accountId, wanted);
  const buckets = await existing(table, spec, accountId, wanted, () => readBuckets(table, partition));
  const total = totalOf(buckets);
  if (offset >= total) return { entries: [], total, more: false };
  const { skip, ...range } = locate(buckets, wanted.order, offset);
  const items = await read(table, { partition, ...entriesIn(range), order: wanted.order }, skip + wanted.limit);
  const entries = items.slice(skip).map(entryOf);
  return { entries, total, more: offset + entries.length < total };
}

/** How many entries a list has. */
export async function countEntries<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  list: ListName,
): Promise<number> {
  const partition = partitionOf(spec, accountId, list);
  return totalOf(await existing(table, spec, accountId, list, () => readBuckets(table, partition)));
}

/** Builds the list if it does not exist yet. */
export async function expectList<R>(table: Table, spec: ListSpec<R>, accountId: string, list: ListName): Promise<void> {
  const partition = partitionOf(spec, accountId, list);
  await existing(table, spec, accountId, list, async () => {
    const first = await findBucket(table, partition, '');
    return first ? [first] : [];
  });
}

/** The entries within a range, after the one at `after`. The list must exist. One read. */
export async function entriesAfter(
  table: Table,
  partition: string,
  { order, limit }: Pick<Wanted, 'order' | 'limit'>,
  range: Range,
  after: string | undefined,
): Promise<Entries> {
  const rest = after === undefined ? range : { ...range, [order === 'ascending' ? 'from' : 'to']: after };
  // Both ends of a range are included, so `after` is the first; one more at the end shows whether there are more.
  const count = limit + (after === undefined ? 1 : 2);
  const items = await read(table, { partition, ...entriesIn(rest), order }, count);
  const found = items.map(entryOf).filter(({ position }) => position !== after);
  return { entries: found.slice(0, limit), more: found.length > limit };
}

async function existing<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  list: ListName,
  readSome: () => Promise<readonly Bucket[]>,
): Promise<readonly Bucket[]> {
  const found = await readSome();
  if (found.length > 0) return found;
  await ensureLists(table, spec, accountId, [list]);
  return readSome();
}

/** A range that begins before the entry after the first `offset` ones, and how many of its entries to skip. */
function locate(buckets: readonly Bucket[], order: Wanted['order'], offset: number): Range & { readonly skip: number } {
  let skip = offset;
  const ordered = order === 'ascending' ? buckets : buckets.toReversed();
  const index = ordered.findIndex(({ count }) => {
    if (skip < count) return true;
    skip -= count;
    return false;
  });
  if (order === 'ascending') return { from: ordered[index]?.first, skip };
  // Backwards, the bucket begins just below the one that follows it in the list.
  const next = ordered[index - 1];
  return { to: next && justBelow(next.first), skip };
}

/** Above every position below this one: the end of a range is included. A position ends with an id, which is ASCII. */
const justBelow = (position: string): string =>
  `${position.slice(0, -1)}${String.fromCharCode(position.charCodeAt(position.length - 1) - 1)}\uffff`;

const entryOf = (item: Item): Entry => ({ id: String(item.id), position: positionOf(item) });

/** So many items, or all that there are: a page of a query may be shorter than its limit. */
async function read(table: Table, query: Omit<Query, 'limit' | 'cursor'>, count: number): Promise<Item[]> {
  const found: Item[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(1000, count - found.length);
    const page = await table.query({ ...query, limit, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...page.items);
    if (found.length >= count) break;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}
