/**
 * Backups. A backup is visible once it is complete, and its files are deleted after its record:
 *
 *     create   BACKUP (started) ── hold each file, copying what no backup has ── manifest ── transact: complete, entry
 *     delete   transact: BACKUP → DROPPED, entry ── let go of each file, deleting what no backup holds ── DROPPED gone
 *
 * A crash in between leaves a started or a dropped backup, which the schedule of backups finds and cleans up.
 */
import { blobKeys } from '../blob-keys.ts';
import { indexes, keys, prefixes } from '../keys.ts';
import { clearOrphanMark, deleteOrphans } from '../orphans.ts';
import type { Blobs } from '../ports/blobs/port.ts';
import { ConditionFailedError, TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table, Write } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { isoTime } from '../times.ts';
import { type Actor, type Audited, appendAudit } from './audit.ts';
import { type Backup, backup, type CompleteBackup } from './backup.ts';
import { releaseContents } from './contents.ts';
import { noteChange } from './copies.ts';
import { BackupExistsError, BackupNotFoundError } from './errors.ts';
import { itemOf } from './item.ts';
import { LISTED_NAMES } from './managers.ts';
import { addBackupBytes, manifestBytes } from './stored-bytes.ts';
import { findUnfinished } from './unfinished-backups.ts';

const keyOf = (of: Pick<Backup, 'account_id' | 'manager_id' | 'name'>) =>
  keys.vaultBackup(of.account_id, of.manager_id, of.name);

const sameBackup = ({ id }: Pick<Backup, 'id'>): Condition => ({
  kind: 'compare',
  attribute: 'id',
  op: '=',
  value: id,
});

/** Since `now`, which is later than when it was made where it comes from an archive. Throws `BackupExistsError`. */
export async function startBackup(table: Table, started: Backup, now: number): Promise<void> {
  const index = { ipk: indexes.startedBackups, isk: isoTime(now) };
  try {
    await table.put(itemOf(keyOf(started), { ...started, ...index }), { kind: 'absent' });
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
    const { account_id, manager_id, name } = started;
    const there = await findUnfinished(table, { account_id, id: manager_id }, name, now);
    throw new BackupExistsError(manager_id, name, there && (there.isInHand ? 'in_hand' : 'broken_off'));
  }
}

/** It has not become complete, and is of the same upload if it is of one. */
const unfinished = (of: Backup): Condition => ({
  kind: 'all',
  of: [
    sameBackup(of),
    { kind: 'missing', attribute: 'complete' },
    of.upload === undefined
      ? { kind: 'missing', attribute: 'upload' }
      : { kind: 'compare', attribute: 'upload', op: '=', value: of.upload },
  ],
});

/** It is still being made: only what is older was abandoned. Throws `BackupNotFoundError` if it was dropped. */
export async function touchBackup(table: Table, started: Backup, now: number): Promise<void> {
  try {
    await table.update(keyOf(started), { set: { isk: isoTime(now) } }, unfinished(started));
  } catch (error) {
    if (error instanceof ConditionFailedError) throw new BackupNotFoundError(started.manager_id, started.name, []);
    throw error;
  }
}

const isComplete = (of: Backup): of is CompleteBackup => of.complete !== undefined;

/**
 * Makes it visible, with its entry in the audit trail, and with `also` in one transaction. One that was made for a save has
 * that save's entry.
 */
export async function completeBackup(
  table: Table,
  done: CompleteBackup,
  by: Actor,
  now: () => number,
  also: readonly Write[] = [],
): Promise<void> {
  const { account_id, manager_id, id } = done;
  const index = done.expires_at === undefined ? {} : { ipk: indexes.expiringBackups, isk: done.expires_at };
  const writes: Write[] = [
    { kind: 'put', item: itemOf(keyOf(done), { ...done, ...index }), condition: sameBackup(done) },
    clearOrphanMark('backups', blobKeys.backupPrefix(account_id, manager_id, id)),
    noteChange({ account_id, id: manager_id }, now()),
    addBackupBytes({ account_id, id: manager_id }, manifestBytes(done)),
    ...also,
  ];
  const audited = { account_id, id: manager_id };
  const facts = { backup: done.name, kind: done.kind, models: done.complete.models };
  if (done.kind === 'save') await table.transact(writes);
  else await appendAudit(table, audited, by, { action: 'backup_create', success: true, facts }, now, writes);
  await noteBackup(table, done);
}

async function noteBackup(table: Table, { account_id, manager_id, created_at, kind }: Backup): Promise<void> {
  if (kind === 'deletion') return;
  try {
    const set = { last_backup: created_at };
    await table.update(keys.vaultManager(account_id, manager_id), { set }, { kind: 'present' });
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}

export async function findBackup(table: Table, of: Audited, name: string): Promise<CompleteBackup | undefined> {
  const item = await table.get(keys.vaultBackup(of.account_id, of.id, name));
  const found = item && backup.parse(item);
  return found && isComplete(found) ? found : undefined;
}

/** Throws `BackupNotFoundError`. */
export async function getBackup(table: Table, of: Audited, name: string): Promise<CompleteBackup> {
  const found = await findBackup(table, of, name);
  if (found) return found;
  const others = (await listBackups(table, of)).slice(0, LISTED_NAMES);
  throw new BackupNotFoundError(
    of.id,
    name,
    others.map((one) => one.name),
  );
}

/** The complete ones, newest first. */
export async function listBackups(table: Table, of: Audited): Promise<CompleteBackup[]> {
  const { pk } = keys.vaultBackup(of.account_id, of.id, '');
  const items = await readAll(table, { partition: pk, prefix: prefixes.vaultBackups });
  return items
    .map((item) => backup.parse(item))
    .filter(isComplete)
    .sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
}

/** From then on it does not exist. Throws `BackupNotFoundError`. `by`: none for what the schedule cleans up. */
export async function dropBackup(table: Table, of: Backup, now: () => number, by?: Actor): Promise<void> {
  const { account_id, manager_id, id, name } = of;
  // One that has been completed meanwhile stays.
  const condition = isComplete(of) ? sameBackup(of) : unfinished(of);
  const dropped = { ...of, ipk: indexes.droppedBackups, isk: isoTime(now()) };
  const writes: Write[] = [
    { kind: 'delete', key: keyOf(of), condition },
    { kind: 'put', item: itemOf(keys.vaultDroppedBackup(account_id, manager_id, id), dropped) },
    noteChange({ account_id, id: manager_id }, now()),
    // Of its manifest; each of its files counts until none holds it.
    ...(of.complete ? [addBackupBytes({ account_id, id: manager_id }, -manifestBytes(of))] : []),
  ];
  try {
    if (!by) return await table.transact(writes);
    const event = { action: 'backup_delete', success: true, facts: { backup: name } } as const;
    await appendAudit(table, { account_id, id: manager_id }, by, event, now, writes);
  } catch (error) {
    if (error instanceof TransactionFailedError) throw new BackupNotFoundError(manager_id, name, []);
    throw error;
  }
}

/** Deletes the files of a dropped backup that no other one holds, then the note of it. */
export async function deleteDropped(table: Table, blobs: Blobs, of: Backup, now: number): Promise<void> {
  const { account_id, manager_id, id } = of;
  await releaseContents(table, blobs, of, now);
  await deleteOrphans(table, blobs, 'backups', blobKeys.backupPrefix(account_id, manager_id, id));
  await table.delete(keys.vaultDroppedBackup(account_id, manager_id, id));
}

/**
 * Drops a backup that was never completed, with its files. What seems to have failed may have been completed: then it
 * stays, and `BackupNotFoundError` is thrown. Of one that was dropped meanwhile nothing stays either.
 */
export async function discardBackup(table: Table, blobs: Blobs, of: Backup, now: () => number): Promise<void> {
  try {
    await dropBackup(table, of, now);
  } catch (error) {
    const isGone = error instanceof BackupNotFoundError && (await table.get(keyOf(of))) === undefined;
    if (isGone) await releaseContents(table, blobs, of, now());
    throw error;
  }
  await deleteDropped(table, blobs, of, now());
}

type BackupIndex = 'startedBackups' | 'expiringBackups' | 'droppedBackups';

/** The backups of an index that were due at `until` (epoch milliseconds). */
export async function dueOf(table: Table, index: BackupIndex, until: number, limit: number): Promise<Backup[]> {
  const query = { index: 'byIndex', partition: indexes[index], from: '0', to: isoTime(until), limit } as const;
  return (await table.query(query)).items.map((item) => backup.parse(item));
}
