/** Creating, reading and deleting managers. */
import { z } from 'zod';
import { ConflictError } from '../errors.ts';
import { indexes, keys, prefixes, vaultPartition } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import { ConditionFailedError, TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Key, Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { isoTime } from '../times.ts';
import { type Actor, appendAudit } from './audit.ts';
import { ManagerExistsError, ManagerNotEmptyError, ManagerNotFoundError } from './errors.ts';
import { itemOf } from './item.ts';
import { type Manager, type ManagerRef, manager } from './manager.ts';
import { expectNoneServed } from './served.ts';

/** Names that an error lists at most. */
export const LISTED_NAMES = 20;

const hasRoom: Condition = {
  kind: 'all',
  of: [
    { kind: 'present' },
    {
      kind: 'any',
      of: [
        { kind: 'missing', attribute: 'vault_managers' },
        { kind: 'compare', attribute: 'vault_managers', op: '<', value: LIMITS.vault.managers },
      ],
    },
  ],
};

/** When the next scheduled backup of a manager is due; none where its backups are off. */
const dueAttributes = (of: Manager, from: number) =>
  of.config.backup_enabled
    ? { ipk: indexes.dueBackups, isk: isoTime(from + of.config.backup_interval_hours * 3_600_000) }
    : {};

/** Throws `ManagerExistsError`, and `ConflictError` if the account has the maximum of managers. */
export async function createManager(table: Table, created: Manager, by: Actor, now: () => number): Promise<void> {
  const { account_id: accountId, id } = created;
  try {
    await appendAudit(table, created, by, { action: 'manager_create', success: true }, now, [
      {
        kind: 'update',
        key: keys.account(accountId),
        change: { add: { vault_managers: 1 }, set: { has_vaults: true } },
        condition: hasRoom,
      },
      {
        kind: 'put',
        item: itemOf(keys.vaultManager(accountId, id), { ...created, ...dueAttributes(created, now()) }),
        condition: { kind: 'absent' },
      },
      // What its backups store, if there was one of this id before, stays.
      { kind: 'update', key: keys.vaultKnown(accountId, id), change: { set: { id } } },
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    if (error.failed.includes(1)) throw new ManagerExistsError(id);
    throw new ConflictError(`An account may have at most ${LIMITS.vault.managers} managers`);
  }
}

export async function findManager(table: Table, accountId: string, id: string): Promise<Manager | undefined> {
  const item = await table.get(keys.vaultManager(accountId, id));
  return item && manager.parse(item);
}

/** Throws `ManagerNotFoundError`, also for a manager of another account. */
export async function getManager(table: Table, accountId: string, id: string): Promise<Manager> {
  const found = await findManager(table, accountId, id);
  if (found) return found;
  throw new ManagerNotFoundError(id, await someIds(table, accountId));
}

const named = z.object({ id: z.string() });

/** The first ids, for an error. */
async function someIds(table: Table, accountId: string): Promise<string[]> {
  const { pk: partition } = keys.vaultManager(accountId, '');
  const page = await table.query({ partition, prefix: prefixes.vaultManagers, limit: LISTED_NAMES });
  return page.items.map((item) => named.parse(item).id);
}

export async function listManagers(table: Table, accountId: string): Promise<Manager[]> {
  const { pk } = keys.vaultManager(accountId, '');
  const items = await readAll(table, { partition: pk, prefix: prefixes.vaultManagers });
  return items.map((item) => manager.parse(item));
}

const managerChanged = (id: string): ConflictError =>
  new ConflictError(`Models of manager '${id}' were changed while it was to be deleted; delete it again`);

/**
 * From then on the manager does not exist; its models are deleted afterwards, by `deleteVault` or by the schedule. Throws
 * `ManagerNotEmptyError` if it has models, unless that was `confirmed`, or another number of them than when it was read,
 * and `ConflictError` if one was replaced or changed since: that would not be in the last backup. Throws `ModelServedError` while the platform
 * serves one of them.
 */
export async function removeManager(
  table: Table,
  of: Manager,
  by: Actor,
  now: () => number,
  confirmed: boolean,
): Promise<void> {
  const { account_id: accountId, id, vault } = of;
  const same: Condition = { kind: 'compare', attribute: 'vault', op: '=', value: vault };
  const known: Condition = { kind: 'compare', attribute: 'models', op: '=', value: confirmed ? of.models : 0 };
  const unchanged: Condition = {
    kind: 'any',
    of: [
      ...(of.changes === 0 ? [{ kind: 'missing', attribute: 'changes' } as const] : []),
      { kind: 'compare', attribute: 'changes', op: '=', value: of.changes },
    ],
  };
  const noneServed: Condition = {
    kind: 'any',
    of: [
      { kind: 'missing', attribute: 'served' },
      { kind: 'compare', attribute: 'served', op: '<=', value: 0 },
    ],
  };
  try {
    await appendAudit(table, of, by, { action: 'manager_delete', success: true, facts: { models: of.models } }, now, [
      {
        kind: 'delete',
        key: keys.vaultManager(accountId, id),
        condition: { kind: 'all', of: [same, known, unchanged, noneServed] },
      },
      {
        kind: 'put',
        item: {
          ...keys.vaultDeleted(accountId, vault),
          account_id: accountId,
          id,
          vault,
          ipk: indexes.deletedVaults,
          isk: isoTime(now()),
        },
      },
      { kind: 'update', key: keys.account(accountId), change: { add: { vault_managers: -1 } } },
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    const found = await getManager(table, accountId, id);
    await expectNoneServed(table, found);
    const isChanged = confirmed && found.vault === vault && found.models === of.models;
    throw isChanged ? managerChanged(id) : new ManagerNotEmptyError(id, found.models);
  }
}

const BATCH = 25;

/** Deletes the records of a deleted manager, then the note of it. Its files are at `blobKeys.vaultsPrefix`. */
export async function deleteVaultRecords(table: Table, { account_id: accountId, vault }: ManagerRef): Promise<void> {
  const partition = vaultPartition(accountId, vault);
  for (;;) {
    const { items } = await table.query({ partition, limit: BATCH });
    if (items.length === 0) break;
    await table.transact(items.map(({ pk, sk }) => ({ kind: 'delete', key: { pk, sk } })));
  }
  await table.delete(keys.vaultDeleted(accountId, vault));
}

/** When a record that cannot be read is looked at again. */
const UNREADABLE_MS = 86_400_000;

/** In the index by the time at which the schedule looks at it next. */
const due = z.object({
  isk: z.string(),
  /** When its backup was due, where that was handed on and has not been made yet. */
  backup_due: z.string().optional(),
});

export interface DueManager {
  readonly manager: Manager;
  readonly due: z.infer<typeof due>;
}

/**
 * The managers that the schedule looks at by `now` (epoch milliseconds) since their next backup is due, the longest due
 * first. One whose record cannot be read is told to `unreadable`, and keeps no other waiting.
 */
export async function managersDue(
  table: Table,
  now: number,
  limit: number,
  unreadable: (key: Key, error: Error) => void,
): Promise<DueManager[]> {
  const partition = indexes.dueBackups;
  const page = await table.query({ index: 'byIndex', partition, from: '0', to: isoTime(now), limit });
  const found: DueManager[] = [];
  for (const item of page.items) {
    const read = manager.safeParse(item);
    if (read.success) {
      found.push({ manager: read.data, due: due.parse(item) });
      continue;
    }
    const key = { pk: item.pk, sk: item.sk };
    unreadable(key, read.error);
    await table.update(key, { set: { isk: isoTime(now + UNREADABLE_MS) } });
  }
  return found;
}

/**
 * The schedule looks at it again at `next` (epoch milliseconds), and at others first: until its backup is made it stays as
 * late as it is. Whether it was still due: otherwise its backup has been made.
 */
export async function postponeBackup(table: Table, { manager: of, due }: DueManager, next: number): Promise<boolean> {
  const set = { isk: isoTime(next), backup_due: due.backup_due ?? due.isk };
  const same: Condition = {
    kind: 'all',
    of: [
      { kind: 'compare', attribute: 'vault', op: '=', value: of.vault },
      { kind: 'compare', attribute: 'isk', op: '=', value: due.isk },
    ],
  };
  try {
    await table.update(keys.vaultManager(of.account_id, of.id), { set }, same);
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}

/** When its next scheduled backup is due, or was due where it has not been made. Epoch milliseconds. */
export async function backupDueAt(table: Table, of: Manager): Promise<number | undefined> {
  const found = due.safeParse(await table.get(keys.vaultManager(of.account_id, of.id)));
  return found.success ? Date.parse(found.data.backup_due ?? found.data.isk) : undefined;
}

const managerRef = z.object({ id: z.string(), account_id: z.string(), vault: z.string() });

/** Deleted managers whose records are still there. */
export async function deletedManagers(table: Table, until: number, limit: number): Promise<ManagerRef[]> {
  const partition = indexes.deletedVaults;
  const page = await table.query({ index: 'byIndex', partition, from: '0', to: isoTime(until), limit });
  return page.items.map((item) => managerRef.parse(item));
}

/** Sets when the next scheduled backup is due. Does nothing if the manager was deleted. */
export async function scheduleBackup(table: Table, of: Manager, from: number): Promise<void> {
  const { ipk, isk } = dueAttributes(of, from);
  const change =
    ipk === undefined ? { remove: ['ipk', 'isk', 'backup_due'] } : { set: { ipk, isk }, remove: ['backup_due'] };
  const same: Condition = { kind: 'compare', attribute: 'vault', op: '=', value: of.vault };
  try {
    await table.update(keys.vaultManager(of.account_id, of.id), change, same);
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}
