/** Pages of records: a list's entries, and the records that they stand for. */
import { ValidationError } from '../errors.ts';
import type { Table } from '../ports/table/port.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type Chosen, choose, type Given } from './filters.ts';
import { type ListSpec, partitionOf } from './list.ts';
import { countEntries, type Entry, entriesAfter, entriesAt, expectList, type Wanted } from './page.ts';

/** Entries that one request looks at for what its filters leave. */
const LOOKED_AT = 1000;
/** Records that one read returns. */
const AT_ONCE = 100;

export interface RecordsWanted extends Wanted {
  /** From 1, which is the default. Not together with a cursor or filters. */
  readonly page?: number | undefined;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
  /** Values of the spec's filters, by name. */
  readonly filters?: Given;
}

export interface RecordsPage<R> {
  readonly records: readonly R[];
  /** Of the list; null where there are filters, for which only counting would tell. */
  readonly total: number | null;
  /** Its number: where pages go by cursor, as counted from the first. */
  readonly page: number;
  /** Null at the end. With filters, a page may have fewer records than its limit and still have one. */
  readonly nextCursor: string | null;
}

/**
 * A page of 1–100 records. A record that is deleted while it is being read is left out. Throws `ValidationError` for a
 * cursor of another list, and for a page number together with a cursor or filters.
 */
export async function readRecords<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  wanted: RecordsWanted,
): Promise<RecordsPage<R>> {
  const { sort, part, order } = wanted;
  const filters = choose(spec.filters, sort, wanted.filters ?? {});
  expectOneWay(wanted, filters);
  const list = [spec.kind, accountId, sort, part ?? null, order, filters.given];
  const at = wanted.cursor === undefined ? undefined : decodeCursor(list, wanted.cursor);
  const page = at?.page ?? wanted.page ?? 1;
  const { records, total, next } =
    at === undefined && filters.given.length === 0
      ? await numbered(table, spec, accountId, wanted, page)
      : await following(table, spec, accountId, wanted, filters, at?.after);
  return {
    records,
    total,
    page,
    nextCursor: next === undefined ? null : encodeCursor(list, { page: page + 1, after: next }),
  };
}

interface Found<R> {
  readonly records: readonly R[];
  readonly total: number | null;
  /** Where the next page begins. */
  readonly next: string | undefined;
}

/** Three reads. */
async function numbered<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  wanted: Wanted,
  page: number,
): Promise<Found<R>> {
  const { entries, total, more } = await entriesAt(table, spec, accountId, wanted, (page - 1) * wanted.limit);
  const records = await recordsOf(table, spec, accountId, entries);
  return {
    records: records.filter((record) => record !== undefined),
    total,
    next: more ? entries.at(-1)?.position : undefined,
  };
}

/** Two reads for each hundred entries that it looks at, and one. */
async function following<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  { sort, part, order, limit }: Wanted,
  { range, matches, given }: Chosen<R>,
  after: string | undefined,
): Promise<Found<R>> {
  const list = { sort, part };
  let total: number | null = null;
  if (given.length === 0) total = await countEntries(table, spec, accountId, list);
  else await expectList(table, spec, accountId, list);

  const partition = partitionOf(spec, accountId, list);
  const records: R[] = [];
  let next = after;
  let size = limit;
  for (let left = LOOKED_AT; left > 0; left -= size, size = Math.min(2 * size, AT_ONCE, left)) {
    const { entries, more } = await entriesAfter(table, partition, { order, limit: size }, range, next);
    const read = await recordsOf(table, spec, accountId, entries);
    for (const [index, record] of read.entries()) {
      next = entries[index]!.position;
      if (record === undefined || !matches(record)) continue;
      records.push(record);
      if (records.length === limit) {
        const isLast = !more && index === entries.length - 1;
        return { records, total, next: isLast ? undefined : next };
      }
    }
    if (!more) return { records, total, next: undefined };
  }
  return { records, total, next };
}

/** In the order of the entries; undefined for a record that was deleted since the entries were read. */
async function recordsOf<R>(
  table: Table,
  spec: ListSpec<R>,
  accountId: string,
  entries: readonly Entry[],
): Promise<(R | undefined)[]> {
  const items = await table.getMany(entries.map(({ id }) => spec.keyOf(accountId, id)));
  return items.map((item) => item && spec.parse(item));
}

function expectOneWay({ page, cursor }: RecordsWanted, { given }: Pick<Chosen<unknown>, 'given'>): void {
  if (page === undefined) return;
  if (cursor !== undefined) throw ValidationError.of('page', 'cannot be given together with cursor');
  // The first page is where one begins either way.
  if (given.length === 0 || page === 1) return;
  const names = given.map(([name]) => name).join(', ');
  throw ValidationError.of(
    'page',
    `cannot be given together with ${names}: such pages have no numbers; leave page out and follow next_cursor`,
  );
}
