import type { Room } from '../accounts/usage/room.ts';
import { addBytes } from '../accounts/usage/storage.ts';
import { blobKeys } from '../blob-keys.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import type { DomainEvent } from '../events/event.ts';
import { recordEvent } from '../events/outbox.ts';
import { indexes, keys } from '../keys.ts';
import { deleteListed, transactListed } from '../lists/change.ts';
import { clearOrphanMark, markOrphaned } from '../orphans.ts';
import { ConditionFailedError, TransactionFailedError } from '../ports/errors.ts';
import type { Change, Condition, Json, Table, Write } from '../ports/table/port.ts';
import { runningSweepsOf } from '../sweeps/store.ts';
import { activeJobs } from '../training/lists.ts';
import { datasetSettled } from './events.ts';
import { datasetLists } from './lists.ts';
import type { ParsingOptions } from './parsing-options.ts';
import type { DatasetProfile } from './profile.ts';
import { findDataset, getDataset } from './read.ts';
import { type Dataset, type DatasetFailure, dataset } from './record.ts';
import { withNextVersion } from './versions.ts';

/** A dataset before its version is known. */
export type NewDataset = Omit<Dataset, 'version'>;

/**
 * Call `table.transact([markOrphaned('datasets', prefix, …)])` before writing the file; this clears the mark, in one
 * transaction with the writes in `also`. Throws what `room` does if the account has none for it.
 */
export function createDataset(
  table: Table,
  given: NewDataset,
  also: (created: Dataset) => readonly Write[] = () => [],
  room?: Room,
): Promise<Dataset> {
  const { account_id, id, uploaded_at } = given;
  const create = async (version: number, takeVersion: Write): Promise<Dataset> => {
    const created: Dataset = { ...given, version };
    const hasRoom = await room?.();
    await transactListed(table, datasetLists, account_id, { after: created }, [
      takeVersion,
      {
        kind: 'update',
        key: keys.account(account_id),
        change: { add: { datasets: 1, ...addBytes('dataset_bytes', created.file_size) } },
        condition: hasRoom ?? { kind: 'present' },
      },
      {
        kind: 'put',
        item: {
          ...keys.dataset(account_id, id),
          ...created,
          ...(created.status === 'processing' ? { ipk: indexes.processing, isk: uploaded_at } : {}),
        },
        condition: { kind: 'absent' },
      },
      clearOrphanMark('datasets', blobKeys.datasetPrefix(account_id, id)),
      ...also(created),
    ]);
    return created;
  };
  return withNextVersion(table, given, create, room === undefined ? [0] : [0, 1]);
}

/** How the file of a dataset is to be read from now on. */
export interface Reparse {
  readonly parsing: ParsingOptions;
  readonly requested_type: Dataset['dataset_type'];
  readonly requested_target?: string | undefined;
}

/**
 * `ready` or `failed` → `processing`: the file is read again, in another way. Throws `NotFoundError`; `ConflictError` while
 * it is being read, or a job or a running sweep uses it.
 */
export async function reprocessDataset(table: Table, of: Dataset, set: Reparse, now: string): Promise<Dataset> {
  const { requested_target, ...rest } = set;
  const idle: Condition = {
    kind: 'all',
    of: [{ kind: 'oneOf', attribute: 'status', values: ['ready', 'failed'] }, notInUse],
  };
  const change: Change = {
    set: {
      parsing: { ...rest.parsing },
      ...(requested_target === undefined ? {} : { requested_target }),
      status: 'processing',
      requested_type: rest.requested_type,
      dataset_type: rest.requested_type,
      processing_since: now,
      ipk: indexes.processing,
      isk: now,
    },
    remove: [...RESULTS, ...(requested_target === undefined ? ['requested_target'] : [])],
  };
  try {
    return dataset.parse(await table.update(keys.dataset(of.account_id, of.id), change, idle));
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
    const found = await getDataset(table, of.account_id, of.id);
    if (found.status === 'processing') throw new ConflictError(`Dataset ${of.id} is still processing`);
    throw await inUse(table, found);
  }
}

/** Throws `NotFoundError` if the dataset was deleted meanwhile. */
export async function describeDataset(table: Table, of: Dataset, description: string): Promise<Dataset> {
  try {
    const key = keys.dataset(of.account_id, of.id);
    return dataset.parse(await table.update(key, { set: { description } }, { kind: 'present' }));
  } catch (error) {
    if (error instanceof ConditionFailedError) throw new NotFoundError(`Dataset ${of.id} not found`);
    throw error;
  }
}

/** What reading the file has left in the record. */
const RESULTS = [
  ...['rows', 'columns', 'target', 'failure', 'readings', 'reader', 'reader_until', 'reader_slot', 'reading_failure'],
  ...['reading_parts', 'resent_at', 'resends'],
];

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
    ...(profile.task === undefined ? {} : { dataset_type: profile.task }),
    rows: profile.rows,
    columns: profile.columns.length,
    ...(profile.task === undefined ? {} : { target: profile.target }),
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

/** For who has written a file of a dataset, which may have been deleted meanwhile, and its other files before that. */
export async function markIfDeleted(
  table: Table,
  { account_id, id }: Pick<Dataset, 'account_id' | 'id'>,
  now: number,
): Promise<void> {
  if (await findDataset(table, account_id, id)) return;
  await table.transact([markOrphaned('datasets', blobKeys.datasetPrefix(account_id, id), now)]);
}

/** No job reads it, and no running sweep goes on with it. */
const notInUse: Condition = {
  kind: 'any',
  of: [
    { kind: 'missing', attribute: 'in_use' },
    { kind: 'compare', attribute: 'in_use', op: '<=', value: 0 },
  ],
};

/** How many jobs a message names: an account has no more active ones. */
async function inUse(table: Table, { id, account_id, in_use }: Dataset): Promise<ConflictError> {
  const jobs = await activeJobs(table, account_id, { dataset_id: id });
  const sweeps = await runningSweepsOf(table, account_id, id);
  const others = in_use - sweeps.length;
  const uses = [
    ...(others > 0 ? [named(others, 'active training job', jobs)] : []),
    ...(sweeps.length > 0 ? [named(sweeps.length, 'running sweep', sweeps)] : []),
  ];
  return new ConflictError(`Dataset ${id} is in use by ${uses.join(', and by ')}`);
}

const named = (count: number, what: string, ids: readonly string[]): string =>
  `${count} ${what}${count === 1 ? '' : 's'}${ids.length === 0 ? '' : `: ${ids.join(', ')}`}`;

/** Deletes the record and marks its files as orphaned. Throws `NotFoundError`, `ConflictError` while it is in use. */
export async function deleteDataset(table: Table, accountId: string, id: string, now: number): Promise<void> {
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
    throw await inUse(table, found);
  }
}
