/** The last backup before a deletion that is refused afterwards, such as the slower one of two at once. */
import type { CompleteBackup } from '#domain/vault/backup.ts';
import { deleteDropped, dropBackup, listBackups } from '#domain/vault/backups.ts';
import { ManagerNotFoundError, ModelNotFoundError } from '#domain/vault/errors.ts';
import { type Asked, isRefusal } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';
import { readManifest } from './manifest.ts';

/** Of the newest ones: what was deleted at the same time is among them. */
const COMPARED = 20;

/**
 * Deletes what was backed up. Where that is refused, the backup was made in vain, and is dropped. Where somebody else seems to
 * have deleted it, it may have been this deletion, whose answer was lost: then it is dropped only if another last backup has
 * the same.
 */
export async function orDropped<T>(
  services: VaultServices,
  { by }: Pick<Asked<unknown, unknown>, 'by'>,
  backup: CompleteBackup | undefined,
  remove: () => Promise<T>,
): Promise<T> {
  try {
    return await remove();
  } catch (error) {
    if (backup === undefined || !isRefusal(error)) throw error;
    const { table, blobs, now } = services.adapters;
    const isGone = error instanceof ModelNotFoundError || error instanceof ManagerNotFoundError;
    try {
      if (!isGone || (await isInAnother(services, backup))) {
        await dropBackup(table, backup, now, by);
        await deleteDropped(table, blobs.backups, backup, now());
      }
    } catch (left) {
      // It goes when its time is over.
      services.logger.error('a backup that was made in vain is not deleted yet', { error: left as Error });
    }
    throw error;
  }
}

async function isInAnother(services: VaultServices, of: CompleteBackup): Promise<boolean> {
  const own = await revisionsOf(services, of);
  const all = await listBackups(services.adapters.table, { account_id: of.account_id, id: of.manager_id });
  const others = all.filter(({ kind, id }) => kind === 'deletion' && id !== of.id).slice(0, COMPARED);
  for (const other of others) {
    if (own.isSubsetOf(await revisionsOf(services, other))) return true;
  }
  return false;
}

async function revisionsOf(services: VaultServices, backup: CompleteBackup): Promise<ReadonlySet<string>> {
  const { models } = await readManifest(services, backup, undefined);
  return new Set(models.map(({ model }) => model.revision));
}
