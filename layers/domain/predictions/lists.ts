import { keys, prefixes } from '../keys.ts';
import { equals, type Given } from '../lists/filters.ts';
import type { ListSpec } from '../lists/list.ts';
import { time } from '../lists/order.ts';
import { type RecordsPage, type RecordsWanted, readRecords } from '../lists/records.ts';
import type { Table } from '../ports/table/port.ts';
import { type Batch, batch } from './record.ts';

export const batchLists = {
  kind: 'BATCHES',
  prefix: prefixes.batches,
  keyOf: keys.batch,
  parse: (item) => batch.parse(item),
  idOf: ({ id }) => id,
  sorts: { created_at: ({ created_at }) => time(created_at) },
  parts: () => [],
  filters: {
    status: equals(({ status }) => status),
    model_id: equals(({ model_id }) => model_id),
    dataset_id: equals(({ dataset_id }) => dataset_id),
  },
} as const satisfies ListSpec<Batch>;

export interface BatchesWanted extends Omit<RecordsWanted, 'sort' | 'part' | 'order' | 'filters'> {
  readonly filters?: Given<keyof (typeof batchLists)['filters']>;
}

/** A page of an account's batch predictions, newest first. Throws `ValidationError`, as `readRecords` does. */
export const listBatches = (table: Table, accountId: string, wanted: BatchesWanted): Promise<RecordsPage<Batch>> =>
  readRecords(table, batchLists, accountId, { ...wanted, sort: 'created_at', order: 'descending' });
