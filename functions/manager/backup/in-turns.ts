/** A backup that nobody has named, made in as many turns as it takes: by schedule, or the last one before a deletion. */
import { z } from 'zod';
import type { Json } from '#domain/ports/table/port.ts';
import type { CompleteBackup } from '#domain/vault/backup.ts';
import { findBackup } from '#domain/vault/backups.ts';
import type { Asked, Pace } from '../jobs/work.ts';
import type { VaultServices } from '../services.ts';
import { backUp, type NewBackup, namedByTime } from './back-up.ts';
import { backupProgress } from './progress.ts';

/** How far it is, and its name, which it got when it was begun. */
export const turnsProgress = backupProgress.extend({ backup_name: z.string() });
export type TurnsProgress = z.infer<typeof turnsProgress>;

/** The backup that was begun, if it is complete. */
export async function completedBefore(
  { adapters: { table } }: VaultServices,
  { manager }: Pick<Asked<unknown, unknown>, 'manager'>,
  before: TurnsProgress | undefined,
): Promise<CompleteBackup | undefined> {
  const found = before && (await findBackup(table, manager, before.backup_name));
  return found?.id === before?.id ? found : undefined;
}

/**
 * Made, or gone on with, or found complete after a crash. Throws `StoredDataError` where a file is damaged.
 *
 * @param facts what the progress has besides
 */
export async function backUpInTurns(
  services: VaultServices,
  asked: Asked<unknown, unknown>,
  of: Pick<NewBackup, 'kind' | 'include'> & {
    readonly what: string;
    readonly facts?: { readonly [name: string]: Json };
  },
  before: TurnsProgress | undefined,
  pace: Pace,
): Promise<CompleteBackup> {
  const made = await completedBefore(services, asked, before);
  if (made) return made;
  const run = (name: string) => {
    const reached = (progress: Json) =>
      pace.reached({ ...backupProgress.parse(progress), ...of.facts, backup_name: name });
    const given = { name, kind: of.kind, include: of.include, compress: true, encrypt: true };
    return backUp(services, asked.manager, asked.by, given, { before, pace: { ...pace, reached } });
  };
  const { backup } = before ? await run(before.backup_name) : await namedByTime(of.what, services.adapters.now(), run);
  return backup;
}
