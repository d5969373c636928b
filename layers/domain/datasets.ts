import { z } from 'zod';
import { datasetProcessed } from './dataset-events.ts';
import type { DomainEvent } from './domain-events.ts';
import { ConflictError, NotFoundError } from './errors.ts';
import { noteGarbage, ownGarbage } from './garbage.ts';
import { blobKeys, indexes, keys, prefixes } from './keys.ts';
import { LIMITS } from './limits.ts';
import { keepEvent } from './outbox.ts';
import { TransactionFailedError } from './port-errors.ts';
import type { Condition, Json, Table, Write } from './ports.ts';
import type { DatasetProfile } from './profile.ts';
import { TASKS } from './profile.ts';
import { readAll } from './read-all.ts';

export const DATASET_STATUSES = ['processing', 'ready', 'failed'] as const;

/** `auto` until processing has found out. */
export const DATASET_TYPES = ['auto', ...TASKS] as const;

export const dataset = z.object({
  id: z.string(),
  account_id: z.string(),
  name: z.string(),
  description: z.string(),
  dataset_type: z.enum(DATASET_TYPES),
  /** The form's `target`, where one was given. */
  requested_target: z.string().optional(),
  file_name: z.string(),
  file_size: z.number().int(),
  uploaded_at: z.string(),
  status: z.enum(DATASET_STATUSES),
  rows: z.number().int().optional(),
  columns: z.number().int().optional(),
  target: z.string().optional(),
  sha256: z.string().optional(),
  /** Why it failed: the body that the API shows. */
  failure: z
    .object({ message: z.string(), details: z.array(z.object({ field: z.string(), message: z.string() })) })
    .optional(),
  /** Active jobs that read it: it cannot be deleted meanwhile. */
  in_use: z.number().int().default(0),
});
export type Dataset = z.infer<typeof dataset>;
export type DatasetFailure = NonNullable<Dataset['failure']>;

const hasRoom: Condition = {
  kind: 'all',
  of: [
    { kind: 'present' },
    {
      kind: 'any',
      of: [
        { kind: 'missing', attribute: 'datasets' },
        { kind: 'compare', attribute: 'datasets', op: '<', value: LIMITS.datasets },
      ],
    },
  ],
};

/**
 * Call `table.transact([noteGarbage('datasets', prefix, …)])` before the file is written; this makes the file owned, and
 * does the other writes with it. Throws `ConflictError` where the account has all the datasets that it may have.
 */
export async function createDataset(table: Table, created: Dataset, also: readonly Write[] = []): Promise<void> {
  const account = keys.account(created.account_id);
  try {
    await table.transact([
      { kind: 'update', key: account, change: { add: { datasets: 1 } }, condition: hasRoom },
      {
        kind: 'put',
        item: {
          ...keys.dataset(created.account_id, created.id),
          ...created,
          ipk: indexes.processing,
          isk: created.uploaded_at,
        },
        condition: { kind: 'absent' },
      },
      ownGarbage('datasets', blobKeys.datasetPrefix(created.account_id, created.id)),
      ...also,
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError) || !error.failed.includes(0)) throw error;
    throw new ConflictError(
      `An account may have at most ${LIMITS.datasets} datasets; got ${LIMITS.datasets + 1}: delete one first`,
    );
  }
}

export async function findDataset(table: Table, accountId: string, id: string): Promise<Dataset | undefined> {
  const item = await table.get(keys.dataset(accountId, id));
  return item && dataset.parse(item);
}

/** Throws `NotFoundError`, also for another account's. */
export async function getDataset(table: Table, accountId: string, id: string): Promise<Dataset> {
  const found = await findDataset(table, accountId, id);
  if (!found) throw new NotFoundError(`Dataset ${id} not found`);
  return found;
}

export async function listDatasets(table: Table, accountId: string): Promise<Dataset[]> {
  const items = await readAll(table, { partition: keys.account(accountId).pk, prefix: prefixes.datasets });
  return items.map((item) => dataset.parse(item));
}

/** Those still processing, the oldest first, of all accounts. */
export async function listProcessing(table: Table): Promise<Dataset[]> {
  const items = await readAll(table, { index: 'byIndex', partition: indexes.processing });
  return items.map((item) => dataset.parse(item));
}

const stillProcessing = { kind: 'compare', attribute: 'status', op: '=', value: 'processing' } as const;

/**
 * `processing` → `ready`. Resolves with what is to be told now, or with `undefined` if it was settled or deleted before: a
 * message that came twice.
 */
export async function datasetReady(
  table: Table,
  of: Dataset,
  profile: DatasetProfile,
  now: string,
): Promise<DomainEvent | undefined> {
  const set = {
    status: 'ready' as const,
    dataset_type: profile.task,
    rows: profile.rows,
    columns: profile.columns.length,
    target: profile.target,
    sha256: profile.sha256,
  };
  return settle(table, of, set, now);
}

/** `processing` → `failed`, with the reason. Resolves like `datasetReady`. */
export async function datasetFailed(
  table: Table,
  of: Dataset,
  failure: DatasetFailure,
  now: string,
): Promise<DomainEvent | undefined> {
  return settle(table, of, { status: 'failed' as const, failure }, now);
}

async function settle<S extends Partial<Dataset> & { readonly [name: string]: Json }>(
  table: Table,
  of: Dataset,
  set: S,
  now: string,
): Promise<DomainEvent | undefined> {
  const event = datasetProcessed({ ...of, ...set }, now);
  const key = keys.dataset(of.account_id, of.id);
  try {
    await table.transact([
      { kind: 'update', key, change: { set, remove: ['ipk', 'isk'] }, condition: stillProcessing },
      keepEvent(event),
    ]);
    return event;
  } catch (error) {
    if (error instanceof TransactionFailedError) return undefined;
    throw error;
  }
}

/** Deletes the record and notes its files as garbage due now. Throws `NotFoundError`, `ConflictError` while a job reads it. */
export async function deleteDataset(table: Table, accountId: string, id: string, now: number): Promise<void> {
  const notInUse = {
    kind: 'any',
    of: [
      { kind: 'missing', attribute: 'in_use' },
      { kind: 'compare', attribute: 'in_use', op: '<=', value: 0 },
    ],
  } as const;
  try {
    await table.transact([
      {
        kind: 'delete',
        key: keys.dataset(accountId, id),
        condition: { kind: 'all', of: [{ kind: 'present' }, notInUse] },
      },
      noteGarbage('datasets', blobKeys.datasetPrefix(accountId, id), now),
      { kind: 'update', key: keys.account(accountId), change: { add: { datasets: -1 } } },
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    const found = await getDataset(table, accountId, id);
    throw new ConflictError(
      `Dataset ${id} is in use by ${found.in_use} active training job${found.in_use === 1 ? '' : 's'}`,
    );
  }
}
