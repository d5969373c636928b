/** Reads a page of a list, by its number or from a cursor on. */
import type { Item, Query, Table } from '../ports/table/port.ts';
import { type Bucket, readBuckets } from './bucket.ts';
import { ensureLists } from './build.ts';
import { entriesFrom, entriesUpTo, type ListName, type ListSpec, partitionOf, positionOf } from './list.ts';

export interface Wanted extends ListName {
  readonly order: 'ascending' | 'descending';
  /** 1–1000. */
  readonly limit: number;
}

export interface Entries {
  readonly ids: readonly string[];
  /** Of the list, exactly. */
  readonly total: number;
  /** The place of the last entry, where there are more after it. */
  readonly last?: string;
}

/** Entries of a list that lie at and after so many others. Two reads, one of them for each thousand of buckets. */
export async function entriesAt<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  wanted: Wanted,
  offset: number,
): Promise<Entries> {
  const partition = partitionOf(spec, accountId, wanted);
  const buckets = await bucketsOf(table, spec, accountId, wanted, partition);
  const total = totalOf(buckets);
  if (offset >= total) return { ids: [], total };
  const { skip, ...range } = locate(buckets, wanted.order, offset);
  const page = (await read(table, { partition, ...range, order: wanted.order }, skip + wanted.limit)).slice(skip);
  const more = page.length > 0 && offset + page.length < total;
  return { ids: page.map(idOf), total, ...(more ? { last: positionOf(page.at(-1)!) } : {}) };
}

/** Entries of a list after the one at `last`. */
export async function entriesAfter<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  wanted: Wanted,
  last: string,
): Promise<Entries> {
  const partition = partitionOf(spec, accountId, wanted);
  const buckets = await bucketsOf(table, spec, accountId, wanted, partition);
  const range = wanted.order === 'ascending' ? entriesFrom(last) : entriesUpTo(last);
  // Both ends of a range are included: one more at the beginning, and one to see whether there are more at the end.
  const items = await read(table, { partition, ...range, order: wanted.order }, wanted.limit + 2);
  const after = items.filter((item) => positionOf(item) !== last);
  const page = after.slice(0, wanted.limit);
  const more = after.length > page.length;
  return { ids: page.map(idOf), total: totalOf(buckets), ...(more ? { last: positionOf(page.at(-1)!) } : {}) };
}

async function bucketsOf<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  wanted: Wanted,
  partition: string,
): Promise<Bucket[]> {
  const found = await readBuckets(table, partition);
  if (found.length > 0) return found;
  await ensureLists(table, spec, accountId, wanted);
  return readBuckets(table, partition);
}

const totalOf = (buckets: readonly Bucket[]): number => buckets.reduce((sum, { count }) => sum + count, 0);

/** Where to begin to read, and how many entries from there to pass over. */
function locate(buckets: readonly Bucket[], order: Wanted['order'], offset: number) {
  let skip = offset;
  if (order === 'ascending') {
    for (const { first, count } of buckets) {
      if (skip < count) return { ...entriesFrom(first), skip };
      skip -= count;
    }
    return { ...entriesFrom(''), skip };
  }
  for (let index = buckets.length - 1; index >= 0; index -= 1) {
    const { count } = buckets[index]!;
    // The next bucket's first entry is not this one's, but the end of a range is included: it is below that.
    if (skip < count) return { ...entriesUpTo(justBelow(buckets[index + 1]?.first)), skip };
    skip -= count;
  }
  return { ...entriesUpTo(undefined), skip };
}

/** The greatest key of ours below another: an id ends it, in hexadecimal digits and dashes. */
const justBelow = (position: string | undefined): string | undefined =>
  position === undefined
    ? undefined
    : `${position.slice(0, -1)}${String.fromCharCode(position.charCodeAt(position.length - 1) - 1)}\uffff`;

const idOf = (entry: Item): string => String(entry.id);

/** So many items, or all that there are: a page of a query may be shorter than its limit. */
async function read(table: Table, query: Omit<Query, 'limit' | 'cursor'>, count: number): Promise<Item[]> {
  const found: Item[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(1000, count - found.length);
    const page = await table.query({ ...query, limit, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined && found.length < count);
  return found;
}
