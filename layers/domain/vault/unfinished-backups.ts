/** Backups that are being made, or whose making was broken off. */
import { z } from 'zod';
import { keys, prefixes } from '../keys.ts';
import type { Item, Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { isoTime } from '../times.ts';
import type { Audited } from './audit.ts';
import { type Backup, backup } from './backup.ts';
import { vaultJob } from './jobs.ts';
import { findManager } from './managers.ts';

/** After so long, the request that made it has ended, or has handed on to a job: it works for a sixth of that. */
const REQUEST_MS = 60_000;

const jobOfBackup = z.object({
  state: vaultJob.shape.state,
  progress: z.union([z.object({ id: z.string() }), z.object({ backup_id: z.string() })]),
});

export interface Unfinished {
  readonly backup: Backup;
  /** Whether a request or a job is making it. */
  readonly isInHand: boolean;
}

/** `undefined` also for one that is complete. */
export async function findUnfinished(
  table: Table,
  of: Audited,
  name: string,
  now: number,
): Promise<Unfinished | undefined> {
  const item = await table.get(keys.vaultBackup(of.account_id, of.id, name));
  const found = item && backup.parse(item);
  if (!item || found?.complete !== undefined) return undefined;
  return { backup: found!, isInHand: await isInHand(table, of, item, now) };
}

async function isInHand(table: Table, of: Audited, { id, isk }: Item, now: number): Promise<boolean> {
  if (typeof isk === 'string' && isk > isoTime(now - REQUEST_MS)) return true;
  const manager = await findManager(table, of.account_id, of.id);
  if (!manager) return false;
  const { pk } = keys.vaultJob(manager.account_id, manager.vault, 'backup', '');
  const jobs = await readAll(table, { partition: pk, prefix: prefixes.vaultJobs });
  return jobs.some((item) => {
    const job = jobOfBackup.safeParse(item).data;
    if (job?.state !== 'running') return false;
    return ('id' in job.progress ? job.progress.id : job.progress.backup_id) === id;
  });
}
