/** Deleting a manager with its models, after a last backup where it has any; also after its request. */
import { z } from 'zod';
import { backupPath } from '#domain/vault/backup.ts';
import { ManagerNotEmptyError } from '#domain/vault/errors.ts';
import { getManager, removeManager } from '#domain/vault/managers.ts';
import { expectNoneServed } from '#domain/vault/served.ts';
import { backUpInTurns, turnsProgress } from '../backup/in-turns.ts';
import { orDropped } from '../backup/or-dropped.ts';
import type { Asked, Pace } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';
import { deleteVault } from './delete-vault.ts';

const request = z.object({ confirmed: z.boolean() });
/** What the backup has is what is deleted: the models as they were when it began. Jobs of earlier versions do not say. */
const deletionProgress = turnsProgress.extend({ changes: z.int().exactOptional() });
const result = z.object({ models: z.int(), backup_path: z.string().nullable() });

/** Throws `ManagerNotEmptyError`, `ConflictError` where its models are not those of its last backup, `ModelServedError`, `StoredDataError`. */
async function run(
  services: VaultServices,
  asked: Asked<z.infer<typeof request>, unknown>,
  before: z.infer<typeof deletionProgress> | undefined,
  pace: Pace,
): Promise<z.infer<typeof result>> {
  const { table, now } = services.adapters;
  const { manager, by } = asked;
  const { confirmed } = asked.request;
  if (manager.models > 0 && !confirmed) throw new ManagerNotEmptyError(manager.id, manager.models);
  // Before a backup is made in vain.
  await expectNoneServed(table, manager);
  const { changes } = before?.changes === undefined ? manager : { changes: before.changes };
  const backup =
    manager.models === 0 && before === undefined
      ? undefined
      : await backUpInTurns(services, asked, { kind: 'deletion', what: manager.id, facts: { changes } }, before, pace);
  const models = await orDropped(services, asked, backup, async () => {
    // As it is now: the backup may have taken long.
    const { models } = await getManager(table, manager.account_id, manager.id);
    if (backup && backup.complete.models !== models) throw new ManagerNotEmptyError(manager.id, models);
    await removeManager(table, backup ? { ...manager, models, changes } : manager, by, now, confirmed);
    return models;
  });
  await deleteVault(services, manager);
  return { models: backup ? models : manager.models, backup_path: backup ? backupPath(backup) : null };
}

export const managerDeletionWork = {
  run,
  read: (stored: unknown) => result.parse(stored),
  resume: async (services: VaultServices, asked: Asked<unknown, unknown>, progress: unknown, pace: Pace) => {
    const read = { ...asked, request: request.parse(asked.request) };
    return { ...(await run(services, read, deletionProgress.parse(progress), pace)) };
  },
};
