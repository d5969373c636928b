/** Bringing the second location of a manager's backups up to date, in as many turns as it takes. */
import type { Audited } from '#domain/vault/audit.ts';
import { findNote } from '#domain/vault/copies.ts';
import type { Pace } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';
import { copyBackups } from './copy-backups.ts';

/** Throws `StoredDataError` where a file of a backup was changed, after everything else is up to date. */
export async function copyInTurns(services: VaultServices, of: Audited, pace: Pace): Promise<null> {
  const { table, backupCopies } = services.adapters;
  if (backupCopies === undefined) return null;
  // What has changed while it was copied has left another note.
  for (let note = await findNote(table, of); note; note = await findNote(table, of)) {
    await copyBackups(services, backupCopies, note, pace);
  }
  return null;
}
