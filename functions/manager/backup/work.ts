/** Making a backup that somebody asked for, also over several functions' time. */
import { z } from 'zod';
import { findBackup } from '#domain/vault/backups.ts';
import type { Manager } from '#domain/vault/manager.ts';
import type { Asked, Pace } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';
import { backUp } from './back-up.ts';
import { type BackupProgress, backupProgress } from './progress.ts';

const request = z.object({
  name: z.string(),
  include: z.array(z.string()).nullable(),
  compress: z.boolean(),
  encrypt: z.boolean(),
});
const secrets = z.object({ password: z.string().optional() });

const result = z.object({
  name: z.string(),
  kind: z.literal('named'),
  compressed: z.boolean(),
  bytes: z.int(),
  models: z.int(),
  created_at: z.string(),
  missing: z.array(z.string()),
  damaged: z.array(z.string()).default([]),
  taken_from_backup: z.array(z.string()).default([]),
});

async function run(
  services: VaultServices,
  { manager, by, request: given, secrets: { password } }: Asked<z.infer<typeof request>, z.infer<typeof secrets>>,
  before: BackupProgress | undefined,
  pace: Pace,
): Promise<z.infer<typeof result>> {
  const { include, ...rest } = given;
  const wanted = { ...rest, kind: 'named', include: include ?? undefined, password } as const;
  const { backup, missing, damaged, takenFromBackup } = await backUp(services, manager, by, wanted, { before, pace });
  const { name, compressed, created_at, complete } = backup;
  return {
    name,
    kind: 'named',
    compressed,
    bytes: complete.bytes,
    models: complete.models,
    created_at,
    missing,
    damaged,
    taken_from_backup: takenFromBackup,
  };
}

export const backupWork = {
  run,
  read: (stored: unknown) => result.parse(stored),
  isCurrent: async ({ adapters: { table } }: VaultServices, manager: Manager, made: z.infer<typeof result>) =>
    (await findBackup(table, manager, made.name))?.created_at === made.created_at,
  resume: async (services: VaultServices, asked: Asked<unknown, unknown>, progress: unknown, pace: Pace) => {
    const read = { ...asked, request: request.parse(asked.request), secrets: secrets.parse(asked.secrets) };
    return { ...(await run(services, read, backupProgress.parse(progress), pace)) };
  },
};
