/** Deleting a model and its files, after a last backup where one is wanted; also after its request. */
import { z } from 'zod';
import { deleteOrphans } from '#domain/orphans.ts';
import { backupPath } from '#domain/vault/backup.ts';
import { ModelChangedError } from '#domain/vault/errors.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { findModel, modelNotFound } from '#domain/vault/models.ts';
import { removeModel } from '#domain/vault/remove-model.ts';
import { expectNotServed } from '#domain/vault/served.ts';
import { backUpInTurns, completedBefore, turnsProgress } from '../backup/in-turns.ts';
import { orDropped } from '../backup/or-dropped.ts';
import type { Asked, Pace } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';

const request = z.object({ model: z.string(), backup: z.boolean() });
/** What the backup has is what is deleted: one revision of the model. */
export const deletionProgress = turnsProgress.extend({ model_name: z.string(), revision: z.string() });
/** Results of earlier versions do not name the model. */
const result = z.object({ model: z.string().exactOptional(), backup_path: z.string().nullable() });

/** Throws `ModelNotFoundError`, `ModelChangedError`, `ModelServedError`, and `StoredDataError`. */
async function run(
  services: VaultServices,
  asked: Asked<z.infer<typeof request>, unknown>,
  before: z.infer<typeof deletionProgress> | undefined,
  pace: Pace,
): Promise<z.infer<typeof result>> {
  const { manager, by } = asked;
  const { model: name, backup: backupFirst } = asked.request;
  const { table, blobs, now } = services.adapters;
  const model = await findModel(table, manager, name);
  if (!model) {
    // A process that died afterwards has deleted it.
    const made = await completedBefore(services, asked, before);
    if (made) return { model: name, backup_path: backupPath(made) };
    throw await modelNotFound(table, manager, name);
  }
  if (before && before.revision !== model.revision) throw new ModelChangedError(manager.id, name);
  // Before a backup is made in vain.
  if (backupFirst) await expectNotServed(table, model);
  const facts = { model_name: name, revision: model.revision };
  const backup = backupFirst
    ? await backUpInTurns(services, asked, { kind: 'deletion', what: name, include: [name], facts }, before, pace)
    : undefined;
  const prefixes = await orDropped(services, asked, backup, () => removeModel(table, manager, model, by, now));
  for (const prefix of prefixes) {
    // They stay marked as orphaned until then, so the sweep retries a failure.
    await deleteOrphans(table, blobs.artifacts, 'artifacts', prefix).catch((error: unknown) =>
      services.logger.error('files not deleted yet', { bucket: 'artifacts', prefix, error: error as Error }),
    );
  }
  return { model: name, backup_path: backup ? backupPath(backup) : null };
}

export const deletionWork = {
  run,
  read: (stored: unknown) => result.parse(stored),
  isCurrent: async ({ adapters: { table } }: VaultServices, manager: Manager, done: z.infer<typeof result>) =>
    done.model === undefined || (await findModel(table, manager, done.model)) === undefined,
  resume: async (services: VaultServices, asked: Asked<unknown, unknown>, progress: unknown, pace: Pace) => {
    const read = { ...asked, request: request.parse(asked.request) };
    return { ...(await run(services, read, deletionProgress.parse(progress), pace)) };
  },
};
