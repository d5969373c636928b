import { keys, prefixes } from '../keys.ts';
import { before, equals, type Given, is, since, startsWith } from '../lists/filters.ts';
import type { ListSpec } from '../lists/list.ts';
import { number, text, time } from '../lists/order.ts';
import { type RecordsPage, type RecordsWanted, readRecords } from '../lists/records.ts';
import type { Table } from '../ports/table/port.ts';
import { type Dataset, parseDataset } from './record.ts';

export const DATASET_SORTS = ['name', 'created_at', 'size'] as const;

const nameOf = ({ name }: Dataset) => name;
const uploadedAt = ({ uploaded_at }: Dataset) => uploaded_at;

export const datasetLists = {
  kind: 'DATASETS',
  prefix: prefixes.datasets,
  keyOf: keys.dataset,
  parse: parseDataset,
  idOf: ({ id }) => id,
  sorts: {
    name: (of) => text(nameOf(of)),
    created_at: (of) => time(uploadedAt(of)),
    size: ({ file_size }) => number(file_size),
  } satisfies Record<(typeof DATASET_SORTS)[number], (of: Dataset) => string>,
  parts: () => [],
  filters: {
    status: equals(({ status }) => status),
    name: is('name', nameOf),
    name_prefix: startsWith('name', nameOf),
    uploaded_after: since('created_at', uploadedAt),
    uploaded_before: before('created_at', uploadedAt),
  },
} as const satisfies ListSpec<Dataset>;

export interface DatasetsWanted extends Omit<RecordsWanted, 'sort' | 'part' | 'filters'> {
  readonly sort: (typeof DATASET_SORTS)[number];
  readonly filters?: Given<keyof (typeof datasetLists)['filters']>;
}

/** A page of an account's datasets. Throws `ValidationError`, as `readRecords` does. */
export async function listDatasets(
  table: Table,
  accountId: string,
  wanted: DatasetsWanted,
): Promise<RecordsPage<Dataset>> {
  return readRecords(table, datasetLists, accountId, wanted);
}
