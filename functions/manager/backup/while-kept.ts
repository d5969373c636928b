import { BlobNotFoundError } from '#domain/ports/errors.ts';
import type { Table } from '#domain/ports/table/port.ts';
import type { CompleteBackup } from '#domain/vault/backup.ts';
import { findBackup } from '#domain/vault/backups.ts';
import { BackupDeletedError, StoredDataError } from '#domain/vault/errors.ts';

/** Runs what reads a backup. What is missing because the backup was deleted meanwhile is no damage: `BackupDeletedError`. */
export async function whileKept<T>(table: Table, of: CompleteBackup, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof StoredDataError || error instanceof BlobNotFoundError)) throw error;
    await expectKept(table, of);
    throw error;
  }
}

/** Throws `BackupDeletedError`. */
export async function expectKept(table: Table, of: CompleteBackup): Promise<void> {
  const { account_id, manager_id, name, id } = of;
  const kept = await findBackup(table, { account_id, id: manager_id }, name);
  if (kept?.id !== id) throw new BackupDeletedError(manager_id, name);
}
