/** Deletes what is stored for a closed account, in steps that can be interrupted anywhere and repeated. */

import { blobKeys } from '../../blob-keys.ts';
import { abortUpload, upload } from '../../datasets/uploads.ts';
import { uncountJob } from '../../installation/jobs.ts';
import { keys, prefixes } from '../../keys.ts';
import type { Adapters } from '../../ports/adapters.ts';
import type { BlobsWithoutUrls } from '../../ports/blobs/port.ts';
import { ConditionFailedError, TransactionFailedError } from '../../ports/errors.ts';
import type { Item, Key, Query, Table, Write } from '../../ports/table/port.ts';
import { isoTime } from '../../times.ts';
import { isActive, taskId } from '../../training/attempts.ts';
import { listActive } from '../../training/read.ts';
import { isOf, type Leads, OWN, prefixesOf, type Root, rootsOf, TRANSIENT } from './belongings.ts';
import type { ClosedAccount } from './close.ts';

type BeginAdapters = Pick<Adapters, 'table' | 'blobs' | 'compute' | 'now'>;
type PurgeAdapters = BeginAdapters & Pick<Adapters, 'backupCopies'>;
type Steps = AsyncGenerator<void, void, undefined>;

/** Items of a step: as many as a transaction takes. */
const ITEMS = 100;
const FILES = 100;

/** With these somebody is let in. */
const CREDENTIALS = [prefixes.apiKeys, prefixes.invitations, prefixes.users, prefixes.sessions];

/** Ends all access. The account's names are free then. */
export async function endAccess(table: Table, { id }: ClosedAccount): Promise<void> {
  const account = keys.account(id);
  const record = await table.get(account);
  if (!record) return;
  for (const prefix of CREDENTIALS) {
    for await (const items of pages(table, { partition: account.pk, prefix })) await deleteItems(table, id, items, OWN);
  }
  await deleteLedTo(table, id, record, OWN);
  await table.update(account, { remove: ['username', 'email', 'full_name', 'password_hash'] }, { kind: 'present' });
  await deleteOwn(table, id, keys.operator());
}

/** `waiting`: nothing is left but the record, which goes with what comes until nobody can be at work any more. */
export type Purged = 'unfinished' | 'waiting' | 'deleted';

/**
 * The first steps, up to so many, of whoever may not touch backups: those are left to `purge`. The record stays due, so
 * that the next sweep comes for them.
 */
export async function beginPurge(adapters: BeginAdapters, of: ClosedAccount, steps: number): Promise<void> {
  await makeSteps(purgeSteps(adapters, of), steps);
}

/** Makes up to so many steps. */
export async function purge(adapters: PurgeAdapters, of: ClosedAccount, steps: number): Promise<Purged> {
  const isDone = await makeSteps(allSteps(adapters, of), steps);
  return isDone ? finish(adapters, of) : 'unfinished';
}

/** Resolves with whether that were all. */
async function makeSteps(all: Steps, steps: number): Promise<boolean> {
  let left = steps;
  for await (const _ of all) {
    left -= 1;
    if (left <= 0) return false;
  }
  return true;
}

async function* allSteps(adapters: PurgeAdapters, of: ClosedAccount): Steps {
  yield* purgeSteps(adapters, of);
  yield* deleteBackups(adapters, of.id);
}

/** All but the backups. */
async function* purgeSteps(adapters: BeginAdapters, of: ClosedAccount): Steps {
  const { table, blobs } = adapters;
  const { id } = of;
  await endAccess(table, of);
  yield;
  yield* stopJobs(adapters, id);
  for await (const items of pages(table, { partition: keys.account(id).pk, prefix: prefixes.uploads })) {
    for (const item of items) await abortUpload(table, blobs.datasets, upload.parse(item));
    yield;
  }
  for (const root of rootsOf(id)) yield* emptyRoot(table, id, root);
  await table.deleteCounters(keys.calls(id, '').pk);
  yield* deleteFiles(adapters, id);
  for (const partition of TRANSIENT) {
    for await (const items of pages(table, { index: 'byIndex', partition })) {
      const own = items.filter((item) => isOf(id, item));
      if (own.length === 0) continue;
      await deleteItems(table, id, own);
      yield;
    }
  }
}

/** Its trainers find no job any more, and end; those in Compute are ended. */
async function* stopJobs({ table, compute }: BeginAdapters, accountId: string): Steps {
  for (const job of await listActive(table)) {
    if (job.account_id !== accountId) continue;
    if (job.attempt > 0) await compute.terminate(taskId(job), 'its account is deleted');
    await deleteItems(table, accountId, [{ ...job, ...keys.job(accountId, job.id) } as Item], OWN);
    yield;
  }
}

async function* emptyRoot(table: Table, accountId: string, { partition, leads }: Root): Steps {
  const record = keys.account(accountId);
  // What leads to partitions goes last: while other records are there, somebody may still add to them.
  const last = Object.keys(leads).filter((prefix) => leads[prefix]?.partitions);
  for await (const items of pages(table, { partition })) {
    const now = items.filter(
      ({ pk, sk }) => !(pk === record.pk && sk === record.sk) && !last.some((prefix) => sk.startsWith(prefix)),
    );
    if (now.length === 0) continue;
    await deleteItems(table, accountId, now, leads);
    yield;
  }
  for (const prefix of last) {
    for await (const items of pages(table, { partition, prefix })) {
      const ledTo = items.flatMap((item) => leads[prefix]!.partitions!(accountId, item));
      for (const inner of ledTo) yield* emptyPartition(table, accountId, inner);
      await deleteItems(table, accountId, items, leads);
      yield;
    }
  }
}

async function* emptyPartition(table: Table, accountId: string, partition: string): Steps {
  for await (const items of pages(table, { partition })) {
    await deleteItems(table, accountId, items);
    yield;
  }
}

async function* deleteFiles({ blobs }: BeginAdapters, accountId: string): Steps {
  for (const [bucket, prefix] of prefixesOf(accountId)) {
    if (bucket !== 'backups') yield* deleteBelow(blobs[bucket], prefix);
  }
}

async function* deleteBackups({ blobs, backupCopies }: PurgeAdapters, accountId: string): Steps {
  for (const [bucket, prefix] of prefixesOf(accountId)) {
    if (bucket === 'backups') yield* deleteBelow(blobs[bucket], prefix);
  }
  if (backupCopies) yield* deleteBelow(backupCopies, blobKeys.accountPrefix(accountId));
}

async function* deleteBelow(blobs: BlobsWithoutUrls, prefix: string): Steps {
  for (;;) {
    const { blobs: found } = await blobs.list(prefix, { limit: FILES });
    if (found.length === 0) return;
    await Promise.all(found.map((blob) => blobs.delete(blob.key)));
    yield;
  }
}

/** Deletes the record once nobody can be at work any more; before, it says when that is. */
async function finish({ table, now }: PurgeAdapters, { id, quiet_at }: ClosedAccount): Promise<Purged> {
  const isClosed = { kind: 'compare', attribute: 'quiet_at', op: '=', value: quiet_at } as const;
  const key = keys.account(id);
  const over = isoTime(now()) >= quiet_at;
  try {
    if (over) await table.delete(key, isClosed);
    else await table.update(key, { set: { isk: quiet_at } }, isClosed);
  } catch (error) {
    // Another call was faster.
    if (!(error instanceof ConditionFailedError)) throw error;
  }
  return over ? 'deleted' : 'waiting';
}

type LeadsByPrefix = Readonly<Record<string, Leads>>;

async function deleteItems(table: Table, accountId: string, items: readonly Item[], leads: LeadsByPrefix = {}) {
  await Promise.all(items.map((item) => deleteLedTo(table, accountId, item, leads)));
  const [counted, others] = [items.filter(isCounted), items.filter((item) => !isCounted(item))];
  for (const job of counted) await deleteCounted(table, job);
  if (others.length > 0) await table.transact(others.map(deletionOf));
}

const deletionOf = ({ pk, sk }: Item): Write => ({ kind: 'delete', key: { pk, sk } });

/** A job that the installation's limit counts, until it ends. */
const isCounted = ({ sk, counted, status }: Item): boolean =>
  sk.startsWith(prefixes.jobs) && counted === true && (status === 'queued' || status === 'running');

async function deleteCounted(table: Table, job: Item): Promise<void> {
  try {
    await table.transact([
      { kind: 'delete', key: { pk: job.pk, sk: job.sk }, condition: isActive },
      ...uncountJob({ counted: true }),
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    // It has ended meanwhile.
    await table.transact([deletionOf(job)]);
  }
}

async function deleteLedTo(table: Table, accountId: string, item: Item, leads: LeadsByPrefix): Promise<void> {
  const found = Object.entries(leads).find(([prefix]) => item.sk.startsWith(prefix))?.[1];
  await Promise.all((found?.items?.(item) ?? []).map((key) => deleteOwn(table, accountId, key)));
}

/** Not what belongs to another account, such as a name that was registered again. */
async function deleteOwn(table: Table, accountId: string, key: Key): Promise<void> {
  try {
    await table.delete(key, { kind: 'compare', attribute: 'account_id', op: '=', value: accountId });
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}

async function* pages(table: Table, of: Omit<Query, 'limit' | 'cursor'>): AsyncGenerator<readonly Item[]> {
  let cursor: string | undefined;
  do {
    const page = await table.query({ ...of, limit: ITEMS, ...(cursor === undefined ? {} : { cursor }) });
    if (page.items.length > 0) yield page.items;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
