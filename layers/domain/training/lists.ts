import { keys, prefixes } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import { equals, type Given } from '../lists/filters.ts';
import type { ListSpec } from '../lists/list.ts';
import { time } from '../lists/order.ts';
import { type RecordsPage, type RecordsWanted, readRecords } from '../lists/records.ts';
import type { Table } from '../ports/table/port.ts';
import { type Job, parseJob } from './record.ts';

const ofKind = (kind: NonNullable<Job['kind']>) => `kind=${kind}`;
const ofType = (modelType: string) => `model_type=${modelType}`;

export const jobLists = {
  kind: 'JOBS',
  prefix: prefixes.jobs,
  keyOf: keys.job,
  parse: parseJob,
  idOf: ({ id }) => id,
  sorts: { created_at: ({ created_at }) => time(created_at) },
  parts: ({ kind, model_type }) => (kind === undefined ? [] : [ofKind(kind), ofType(model_type)]),
  filters: {
    // Not a part: each change of a job's status would have to move it between lists.
    status: equals(({ status }) => status),
    model_type: equals(({ model_type }) => model_type),
    dataset_id: equals(({ dataset_id }) => dataset_id),
  },
} as const satisfies ListSpec<Job>;

export interface JobsWanted extends Omit<RecordsWanted, 'sort' | 'part' | 'order' | 'filters'> {
  readonly filters?: Given<keyof (typeof jobLists)['filters']>;
}

/** The ids of the account's active jobs, as far as they are among its latest. */
export async function activeJobs(
  table: Table,
  accountId: string,
  filters: Given<keyof (typeof jobLists)['filters']> = {},
): Promise<string[]> {
  const { records } = await listJobs(table, accountId, { limit: LIMITS.pageSize, filters });
  return records.filter(({ status }) => status === 'queued' || status === 'running').map(({ id }) => id);
}

/** A page of an account's jobs, newest first. Throws `ValidationError`, as `readRecords` does. */
export async function listJobs(table: Table, accountId: string, wanted: JobsWanted): Promise<RecordsPage<Job>> {
  return readRecords(table, jobLists, accountId, { ...wanted, sort: 'created_at', order: 'descending' });
}

/** Likewise those that learn from texts: all of them, or those of one model type. */
export async function listTextJobs(
  table: Table,
  accountId: string,
  { modelType, ...wanted }: Pick<RecordsWanted, 'page' | 'limit'> & { readonly modelType?: string },
): Promise<RecordsPage<Job>> {
  const part = modelType === undefined ? ofKind('text') : ofType(modelType);
  return readRecords(table, jobLists, accountId, { ...wanted, part, sort: 'created_at', order: 'descending' });
}
