/** Adds a backup that comes from elsewhere: nobody sees it before all of it is stored. */
import type { Write } from '#domain/ports/table/port.ts';
import type { Actor } from '#domain/vault/audit.ts';
import type { Backup, CompleteBackup } from '#domain/vault/backup.ts';
import { completeBackup, discardBackup, listBackups, startBackup, touchBackup } from '#domain/vault/backups.ts';
import { BackupExistsError } from '#domain/vault/errors.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { VaultServices } from '../services.ts';
import { type Source, storeFiles } from './store-files.ts';
import type { UnpackedFile } from './tar.ts';

export interface Adding {
  /** Written in the transaction that completes it. */
  readonly also?: readonly Write[];
  /** Whether what is stored is gone on with after an error. Default: nothing of it stays. */
  readonly isGoneOnWith?: (error: unknown) => boolean;
}

/** Throws `BackupExistsError`, and what `storeFiles` throws. */
export async function addBackup<File extends Omit<UnpackedFile, 'end'>>(
  services: VaultServices,
  manager: Pick<Manager, 'account_id' | 'id'>,
  by: Actor,
  found: CompleteBackup,
  source: Source<File>,
  { also, isGoneOnWith = () => false }: Adding = {},
): Promise<CompleteBackup> {
  const { table, now } = services.adapters;
  const other = (await listBackups(table, manager)).find(({ id, name }) => id === found.id || name === found.name);
  if (other && other.upload !== undefined && other.upload === found.upload) return other;
  if (other) throw new BackupExistsError(manager.id, other.name);
  const { complete, ...started } = found;
  await startOrGoOn(services, started);
  try {
    await storeFiles(services, found, source);
    const done = { ...started, complete };
    await completeBackup(table, done, by, now, also);
    return done;
  } catch (error) {
    if (isGoneOnWith(error)) throw error;
    // What cannot be cleaned up now, the schedule cleans up later.
    await discardBackup(table, services.adapters.blobs.backups, started, now).catch((left: unknown) =>
      services.logger.error('a refused archive is not cleaned up yet', { error: left as Error }),
    );
    throw error;
  }
}

/** An earlier try of the same upload may have been interrupted. */
async function startOrGoOn({ adapters: { table, now } }: VaultServices, started: Backup): Promise<void> {
  try {
    await startBackup(table, started, now());
  } catch (error) {
    if (!(error instanceof BackupExistsError) || started.upload === undefined) throw error;
    await touchBackup(table, started, now()).catch(() => Promise.reject(error));
  }
}
