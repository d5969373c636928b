import { addBytes } from '../accounts/usage/storage.ts';
import { ConflictError } from '../errors.ts';
import type { DomainEvent } from '../events/event.ts';
import { recordEvent } from '../events/outbox.ts';
import { blobKeys, indexes, keys } from '../keys.ts';
import { deleteListed, transactListed } from '../lists/change.ts';
import { clearOrphanMark, markOrphaned } from '../orphans.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Json, Table, Write } from '../ports/table/port.ts';
import { datasetSettled } from './events.ts';
import { datasetLists } from './lists.ts';
import type { DatasetProfile } from './profile.ts';
import { getDataset } from './read.ts';
import type { Dataset, DatasetFailure } from './record.ts';

/**
 * Call `table.transact([markOrphaned('datasets', prefix, …)])` before writing the file; this clears the mark, in one
 * transaction with the writes in `also`.
 */
export async function createDataset(table: Table, created: Dataset, also: readonly Write[] = []): Promise<void> {
  const account = keys.account(created.account_id);
  await transactListed(table, datasetLists, created.account_id, { after: created }, [
    {
      kind: 'update',
      key: account,
      change: { add: { datasets: 1, ...addBytes('dataset_bytes', created.file_size) } },
      condition: { kind: 'present' },
    },
    {
      kind: 'put',
      item: {
        ...keys.dataset(created.account_id, created.id),
        ...created,
        ...(created.status === 'processing' ? { ipk: indexes.processing, isk: created.uploaded_at } : {}),
      },
      condition: { kind: 'absent' },
    },
    clearOrphanMark('datasets', blobKeys.datasetPrefix(created.account_id, created.id)),
    ...also,
  ]);
}

export const stillProcessing = { kind: 'compare', attribute: 'status', op: '=', value: 'processing' } as const;

/**
 * `processing` → `ready`. Resolves with the event to publish, or with `undefined` if the dataset is no longer
 * processing or was deleted: the message was delivered twice.
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
  const event = datasetSettled({ ...of, ...set }, now);
  const key = keys.dataset(of.account_id, of.id);
  try {
    await table.transact([
      { kind: 'update', key, change: { set, remove: ['ipk', 'isk'] }, condition: stillProcessing },
      recordEvent(event),
    ]);
    return event;
  } catch (error) {
    if (error instanceof TransactionFailedError) return undefined;
    throw error;
  }
}

/** Deletes the record and marks its files as orphaned. Throws `NotFoundError`, `ConflictError` while a job reads it. */
export async function deleteDataset(table: Table, accountId: string, id: string, now: number): Promise<void> {
  const notInUse = {
    kind: 'any',
    of: [
      { kind: 'missing', attribute: 'in_use' },
      { kind: 'compare', attribute: 'in_use', op: '<=', value: 0 },
    ],
  } as const;
  try {
    await deleteListed(
      table,
      datasetLists,
      accountId,
      () => getDataset(table, accountId, id),
      ({ file_size }) => [
        {
          kind: 'delete',
          key: keys.dataset(accountId, id),
          condition: { kind: 'all', of: [{ kind: 'present' }, notInUse] },
        },
        markOrphaned('datasets', blobKeys.datasetPrefix(accountId, id), now),
        {
          kind: 'update',
          key: keys.account(accountId),
          change: { add: { datasets: -1, ...addBytes('dataset_bytes', -file_size) } },
        },
      ],
    );
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    const found = await getDataset(table, accountId, id);
    throw new ConflictError(
      `Dataset ${id} is in use by ${found.in_use} active training job${found.in_use === 1 ? '' : 's'}`,
    );
  }
}
