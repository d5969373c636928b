/** Hands on what a schedule has found to be due: each manager has its own turn, its own tries and its own failure. */
import type { Actor } from '#domain/vault/audit.ts';
import { type ScheduledKind, startJob } from '#domain/vault/jobs.ts';
import type { ManagerRef } from '#domain/vault/manager.ts';
import type { VaultServices } from '../services.ts';
import { sendJob } from './send-job.ts';

const SCHEDULE: Actor = { userId: 'schedule', address: '', requestId: '' };

/** Does nothing where that is in hand already. A crash before the message leaves a job, whose message the schedule sends. */
export async function startScheduled(
  { adapters }: Pick<VaultServices, 'adapters'>,
  { account_id, vault, id: manager_id }: ManagerRef,
  kind: ScheduledKind,
): Promise<void> {
  // There is one of a kind for each manager.
  const fingerprint = manager_id;
  const job = { account_id, manager_id, vault, kind, fingerprint, request: {}, by: SCHEDULE, progress: {} };
  if (await startJob(adapters.table, job, adapters.now())) await sendJob(adapters, job);
}
