import { InternalError } from '../errors.ts';
import { keys, prefixes } from '../keys.ts';
import type { ListSpec } from '../lists/list.ts';
import { number } from '../lists/order.ts';
import { readRecords } from '../lists/records.ts';
import type { Table } from '../ports/table/port.ts';
import { type Entry, parseEntry } from './record.ts';

const withActive = (is: boolean) => `is_active=${is}`;

export const catalogLists = {
  kind: 'CATALOG',
  prefix: prefixes.catalogEntries,
  keyOf: (accountId, id) => keys.catalogEntry(accountId, Number(id)),
  parse: parseEntry,
  idOf: ({ id }) => String(id),
  sorts: { id: ({ id }) => number(id) },
  parts: ({ is_active }) => [withActive(is_active)],
  filters: {},
} as const satisfies ListSpec<Entry>;

export interface EntriesWanted {
  readonly page: number;
  readonly size: number;
  readonly isActive?: boolean | undefined;
}

export interface EntriesPage {
  readonly entries: readonly Entry[];
  /** Of all pages. */
  readonly total: number;
}

/** A page of an account's catalog, in the order of the numbers. Three reads. */
export async function listEntries(
  table: Table,
  accountId: string,
  { page, size, isActive }: EntriesWanted,
): Promise<EntriesPage> {
  const part = isActive === undefined ? undefined : withActive(isActive);
  const wanted = { sort: 'id', part, order: 'ascending', page, limit: size } as const;
  const { records, total } = await readRecords(table, catalogLists, accountId, wanted);
  if (total === null) throw new InternalError('a list without filters has no total');
  return { entries: records, total };
}
