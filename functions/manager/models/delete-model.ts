/** Deletes a model and its files, after a last backup where one is wanted. */
import { deleteOrphans } from '#domain/orphans.ts';
import type { Actor } from '#domain/vault/audit.ts';
import type { CompleteBackup } from '#domain/vault/backup.ts';
import { removeModel } from '#domain/vault/change.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { getModel } from '#domain/vault/models.ts';
import { expectNotServed } from '#domain/vault/served.ts';
import { backUpByTime } from '../backup/back-up.ts';
import type { VaultServices } from '../services.ts';

/** Resolves with the backup, if one was wanted. Throws `ModelNotFoundError`, `ModelChangedError`, `ModelServedError`. */
export async function deleteModel(
  services: VaultServices,
  manager: Manager,
  by: Actor,
  { name, backupFirst }: { readonly name: string; readonly backupFirst: boolean },
): Promise<CompleteBackup | undefined> {
  const { table, blobs, now } = services.adapters;
  const model = await getModel(table, manager, name);
  // Before a backup is made in vain.
  await expectNotServed(table, model);
  const backup = backupFirst
    ? await backUpByTime(services, manager, by, { what: name, kind: 'deletion', include: [name] })
    : undefined;
  const prefixes = await removeModel(table, manager, model, by, now);
  for (const prefix of prefixes) {
    // They stay marked as orphaned until then, so the sweep retries a failure.
    await deleteOrphans(table, blobs.artifacts, 'artifacts', prefix).catch((error: unknown) =>
      services.logger.error('files not deleted yet', { bucket: 'artifacts', prefix, error: error as Error }),
    );
  }
  return backup?.backup;
}
