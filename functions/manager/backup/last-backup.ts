/** The last backup of what is about to be deleted, which may outlast the request that deletes it. */
import { z } from 'zod';
import type { Json } from '#domain/ports/table/port.ts';
import type { CompleteBackup } from '#domain/vault/backup.ts';
import { findBackup } from '#domain/vault/backups.ts';
import type { Asked, Pace } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';
import { backUp, namedByTime } from './back-up.ts';
import { backupProgress } from './progress.ts';

/** How far it is, and its name, which it got when it was begun. */
export const lastBackupProgress = backupProgress.extend({ backup_name: z.string() });
export type LastBackupProgress = z.infer<typeof lastBackupProgress>;

/** The backup that was begun, if it is complete. */
export async function completedBefore(
  { adapters: { table } }: VaultServices,
  { manager }: Pick<Asked<unknown, unknown>, 'manager'>,
  before: LastBackupProgress | undefined,
): Promise<CompleteBackup | undefined> {
  const found = before && (await findBackup(table, manager, before.backup_name));
  return found?.id === before?.id ? found : undefined;
}

/**
 * Made, or gone on with, or found complete after a crash. Throws `StoredDataError` where a file is damaged.
 *
 * @param facts what the progress has besides
 */
export async function lastBackup(
  services: VaultServices,
  asked: Asked<unknown, unknown>,
  of: {
    readonly what: string;
    readonly include?: readonly string[];
    readonly facts?: { readonly [name: string]: Json };
  },
  before: LastBackupProgress | undefined,
  pace: Pace,
): Promise<CompleteBackup> {
  const made = await completedBefore(services, asked, before);
  if (made) return made;
  const run = (name: string) => {
    const reached = (progress: Json) =>
      pace.reached({ ...backupProgress.parse(progress), ...of.facts, backup_name: name });
    const given = { name, kind: 'deletion', include: of.include, compress: true, encrypt: true } as const;
    return backUp(services, asked.manager, asked.by, given, { before, pace: { reached } });
  };
  const { backup } = before ? await run(before.backup_name) : await namedByTime(of.what, services.adapters.now(), run);
  return backup;
}
