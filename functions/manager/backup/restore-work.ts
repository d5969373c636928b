/** Restoring from a backup, also over several functions' time. */
import { z } from 'zod';
import { appendAudit } from '#domain/vault/audit.ts';
import { getBackup } from '#domain/vault/backups.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { readNamedModels } from '#domain/vault/models.ts';
import type { Asked, Pace } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';
import { openManifest } from './open-manifest.ts';
import { restoreModels } from './restore-models.ts';
import { whileKept } from './while-kept.ts';

const request = z.object({
  backup: z.string(),
  names: z.array(z.string()).nullable(),
  overwrite: z.boolean(),
  dry_run: z.boolean(),
});
const secrets = z.object({ password: z.string().optional() });
/** As `restoreModels` has it. */
export const restoreProgress = z.object({ outcomes: z.string(), total: z.int() });
export type RestoreProgress = z.infer<typeof restoreProgress>;

const names = z.array(z.string());
const result = z.object({
  restored: names,
  skipped: names,
  missing: names,
  as_stored: names.default([]),
  /** Of those that were restored; none of a dry run, and of earlier versions. */
  revisions: names.exactOptional(),
});

async function revisionsOf({ adapters: { table } }: VaultServices, manager: Manager, restored: readonly string[]) {
  return (await readNamedModels(table, manager, restored)).map(({ revision }) => revision);
}

async function run(
  services: VaultServices,
  { manager, by, request: given, secrets: { password } }: Asked<z.infer<typeof request>, z.infer<typeof secrets>>,
  before: RestoreProgress | undefined,
  pace: Pace,
): Promise<z.infer<typeof result>> {
  const { table, now } = services.adapters;
  const backup = await getBackup(table, manager, given.backup);
  const how = { names: given.names ?? undefined, overwrite: given.overwrite, dryRun: given.dry_run };
  const done = await whileKept(table, backup, async () => {
    const manifest = await openManifest(services, backup, by, password);
    return restoreModels(services, manager, by, { backup, manifest }, how, {
      outcomes: before?.outcomes ?? '',
      reached: (outcomes, total) => pace.reached({ outcomes, total }),
    });
  });
  const facts = { backup: given.backup, models: done.restored.length, dry_run: given.dry_run };
  await appendAudit(table, manager, by, { action: 'backup_restore', success: true, facts }, now);
  return { ...done, ...(given.dry_run ? {} : { revisions: await revisionsOf(services, manager, done.restored) }) };
}

export const restoreWork = {
  run,
  read: (stored: unknown) => result.parse(stored),
  isCurrent: async (services: VaultServices, manager: Manager, done: z.infer<typeof result>) => {
    if (done.revisions === undefined) return true;
    const [restored, skipped] = [
      await revisionsOf(services, manager, done.restored),
      await revisionsOf(services, manager, done.skipped),
    ];
    return `${restored}` === `${done.revisions}` && skipped.length === done.skipped.length;
  },
  resume: async (services: VaultServices, asked: Asked<unknown, unknown>, progress: unknown, pace: Pace) => {
    const read = { ...asked, request: request.parse(asked.request), secrets: secrets.parse(asked.secrets) };
    return { ...(await run(services, read, restoreProgress.parse(progress), pace)) };
  },
};
