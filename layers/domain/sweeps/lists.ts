import { keys, prefixes } from '../keys.ts';
import { equals, type Given } from '../lists/filters.ts';
import type { ListSpec } from '../lists/list.ts';
import { time } from '../lists/order.ts';
import { type RecordsPage, type RecordsWanted, readRecords } from '../lists/records.ts';
import type { Table } from '../ports/table/port.ts';
import { type Sweep, sweep } from './record.ts';

export const sweepLists = {
  kind: 'SWEEPS',
  prefix: prefixes.sweeps,
  keyOf: keys.sweep,
  parse: (item) => sweep.parse(item),
  idOf: ({ id }) => id,
  sorts: { created_at: ({ created_at }) => time(created_at) },
  parts: () => [],
  filters: {
    status: equals(({ status }) => status),
    dataset_id: equals(({ dataset_id }) => dataset_id),
  },
} as const satisfies ListSpec<Sweep>;

export interface SweepsWanted extends Omit<RecordsWanted, 'sort' | 'part' | 'order' | 'filters'> {
  readonly filters?: Given<keyof (typeof sweepLists)['filters']>;
}

/** A page of an account's sweeps, newest first. Throws `ValidationError`, as `readRecords` does. */
export const listSweeps = (table: Table, accountId: string, wanted: SweepsWanted): Promise<RecordsPage<Sweep>> =>
  readRecords(table, sweepLists, accountId, { ...wanted, sort: 'created_at', order: 'descending' });
