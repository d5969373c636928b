/**
 * How many bytes the vaults of an account store. Those of models and of earlier revisions are in their manager's record,
 * which goes with them. Backups outlive their manager: theirs are in the note that there was one of that id, added and
 * subtracted in the transactions that store and delete their files. Backups of earlier versions, which did not count, are
 * counted when somebody first asks.
 */
import { z } from 'zod';
import { keys, prefixes } from '../keys.ts';
import type { OrphanMark } from '../orphans.ts';
import { ConditionFailedError, TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Item, Table, Write } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import type { Audited } from './audit.ts';
import { type Backup, backup } from './backup.ts';
import { manager } from './manager.ts';

export interface VaultBytes {
  /** As they were saved. */
  readonly models: number;
  /** Earlier revisions that are still kept, as they were saved. */
  readonly revisions: number;
  /** The files of backups, each once for each manager, and their manifests. */
  readonly backups: number;
}

/** An earlier version took records of archives whose numbers were made up. */
export const manifestBytes = ({ complete }: Pick<Backup, 'complete'>): number =>
  Math.min(Math.max(0, complete?.digests.ciphertext.bytes ?? 0), MOST_MANIFEST_BYTES);

const MOST_MANIFEST_BYTES = 2 ** 30;

/** What backups have stored, or deleted where `bytes` is negative. */
export const addBackupBytes = ({ account_id, id }: Audited, bytes: number): Write => ({
  kind: 'update',
  key: keys.vaultKnown(account_id, id),
  change: { set: { id }, add: { backup_bytes: bytes, backup_changes: 1 } },
});

/**
 * Of the files of an earlier revision, which are about to be deleted: they no longer count. What was subtracted before is
 * not subtracted again.
 */
export async function uncountRevision(table: Table, mark: OrphanMark): Promise<void> {
  const { bucket, prefix, counted_bytes: bytes, counted_by: by } = mark;
  if (bytes === undefined || by === undefined) return;
  try {
    await table.transact([
      {
        kind: 'update',
        key: keys.orphans(bucket, prefix),
        change: { remove: ['counted_bytes', 'counted_by'] },
        condition: { kind: 'compare', attribute: 'counted_bytes', op: '=', value: bytes },
      },
      {
        kind: 'update',
        key: keys.vaultManager(by.account_id, by.id),
        change: { add: { revision_bytes: -bytes } },
        condition: { kind: 'compare', attribute: 'vault', op: '=', value: by.vault },
      },
    ]);
  } catch (error) {
    // Another sweep did, or the manager is gone.
    if (!(error instanceof TransactionFailedError)) throw error;
  }
}

/** Tells those who look for room in the account that what its vaults store has changed. */
export const noteStored = (accountId: string, condition: Condition): Write => ({
  kind: 'update',
  key: keys.account(accountId),
  change: { add: { storage_changes: 1 } },
  condition,
});

const known = z.object({
  id: z.string(),
  backup_bytes: z.int().default(0),
  backup_changes: z.int().optional(),
  backups_counted: z.boolean().default(false),
});
type Known = z.infer<typeof known>;

/** One read, once the backups of all managers have been counted. */
export async function readVaultBytes(table: Table, accountId: string): Promise<VaultBytes> {
  const { pk: partition } = keys.vaultManager(accountId, '');
  const items = await readAll(table, { partition });
  const of = (prefix: string): Item[] => items.filter(({ sk }) => sk.startsWith(prefix));
  const managers = of(prefixes.vaultManagers).map((item) => manager.parse(item));
  const noted = of(prefixes.vaultKnown).map((item) => known.parse(item));
  const ids = new Set(noted.map(({ id }) => id));
  // Of managers from before there was such a note.
  const others = managers.filter(({ id }) => !ids.has(id)).map(({ id }) => known.parse({ id }));
  let backups = 0;
  for (const one of [...noted, ...others]) {
    backups += one.backups_counted ? Math.max(0, one.backup_bytes) : await countBackups(table, accountId, one);
  }
  return {
    models: sum(managers.map(({ bytes }) => bytes)),
    revisions: sum(managers.map(({ revision_bytes }) => revision_bytes)),
    backups,
  };
}

const content = z.object({ bytes: z.int() });

/** If something is stored meanwhile, the sum stands for this once, and they are counted again. */
async function countBackups(table: Table, accountId: string, { id, backup_changes: before }: Known): Promise<number> {
  const { pk: partition } = keys.vaultContent(accountId, id, '');
  const files = await readAll(table, { partition, prefix: prefixes.vaultContents });
  const made = await readAll(table, { partition, prefix: prefixes.vaultBackups });
  const bytes =
    sum(files.map((item) => content.parse(item).bytes)) + sum(made.map((item) => manifestBytes(backup.parse(item))));
  const unchanged: Condition =
    before === undefined
      ? { kind: 'missing', attribute: 'backup_changes' }
      : { kind: 'compare', attribute: 'backup_changes', op: '=', value: before };
  try {
    const set = { id, backup_bytes: bytes, backups_counted: true };
    await table.update(keys.vaultKnown(accountId, id), { set }, unchanged);
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
  return bytes;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
