/** Goes on with a job, as long as there is time. */
import { z } from 'zod';
import { unseal } from '#domain/envelope.ts';
import { InternalError, type TrainyardError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { send, type VaultMessage } from '#domain/messages.ts';
import type { Json } from '#domain/ports/table/port.ts';
import { type AuditAction, appendAudit } from '#domain/vault/audit.ts';
import { copiesOwner } from '#domain/vault/copies.ts';
import {
  endJob,
  findJob,
  forgetJob,
  isScheduled,
  type JobKind,
  leaseJob,
  letGo,
  renewLease,
  saveProgress,
  type VaultJob,
} from '#domain/vault/jobs.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { findManager, getManager } from '#domain/vault/managers.ts';
import { archiveWork } from '../backup/archive-work.ts';
import { copyInTurns } from '../backup/copies-work.ts';
import { drillWork } from '../backup/drill-work.ts';
import { importWork } from '../backup/import-work.ts';
import { restoreWork } from '../backup/restore-work.ts';
import { scheduledWork } from '../backup/scheduled-work.ts';
import { backupWork } from '../backup/work.ts';
import { managerDeletionWork } from '../managers/deletion-work.ts';
import { deletionWork } from '../models/deletion-work.ts';
import { downloadWork } from '../models/download-work.ts';
import { copyWork } from '../models/platform-copy/work.ts';
import { uploadWork } from '../models/upload-work.ts';
import { rotationWork } from '../security/work.ts';
import type { JobServices, VaultServices } from '../services.ts';
import { secretsContext } from './run-or-queue.ts';
import { type Asked, isRefusal, type Pace, PostponedError } from './work.ts';

export type Resume = (
  services: JobServices,
  asked: Asked<unknown, unknown>,
  progress: Json,
  pace: Pace,
) => Promise<Json>;

/** Of a manager that there is: its backups, which are copied, outlive it. */
const WORKS: Readonly<Record<Exclude<JobKind, 'copies'>, Resume>> = {
  backup: backupWork.resume,
  restore: restoreWork.resume,
  rotation: rotationWork.resume,
  save: uploadWork.resume,
  copy: copyWork.resume,
  download: downloadWork.resume,
  archive: archiveWork.resume,
  import: importWork.resume,
  model_deletion: deletionWork.resume,
  manager_deletion: managerDeletionWork.resume,
  scheduled_backup: scheduledWork.resume,
  restore_drill: drillWork.resume,
};

/** Leases without any progress after which a job has failed. */
const MOST_ATTEMPTS = 5;
const SAVE_MS = 2000;
/** How often a lease is renewed while it lasts. */
const RENEWALS = 4;

const leaseMs = ({ settings }: VaultServices): number => settings.vaultLeaseSeconds * 1000;

export async function resumeJob(services: JobServices, message: VaultMessage, milliseconds: number): Promise<void> {
  const { table, queues, now } = services.adapters;
  const { account_id, manager_id: id, kind, fingerprint } = message;
  const of = kind === 'copies' ? copiesOwner({ account_id, id }) : await findManager(table, account_id, id);
  const found = of && (await findJob(table, of, kind, fingerprint));
  if (found?.state !== 'running') return;
  const end = () => now() + leaseMs(services);
  const job = await leaseJob(table, found, newId(now()), { now: now(), end: end() });
  if (!job) {
    // Whoever has the lease sends a message of its own, and for what nobody waits for the schedule notices if it is dead.
    if (isScheduled(kind)) return;
    return send(queues.vault, message, { delaySeconds: secondsLeft(services, found) });
  }
  if (job.attempts > MOST_ATTEMPTS) return fail(services, job, new InternalError('it was tried several times'));
  const renew = () => void renewLease(table, job, end()).catch(() => undefined);
  const renewing = setInterval(renew, leaseMs(services) / RENEWALS);
  try {
    const result = await workOn(services, job, paceOf(services, job, turnOf(job, milliseconds)));
    if (isScheduled(kind)) await forgetJob(table, job);
    else await endJob(table, job, { state: 'done', result }, now());
  } catch (error) {
    if (error instanceof PostponedError) {
      await saveProgress(table, job, error.progress, end());
      await letGo(table, job, now());
      return send(queues.vault, message);
    }
    if (isRefusal(error)) return fail(services, job, error);
    await letGo(table, job, now());
    throw error;
  } finally {
    clearInterval(renewing);
  }
}

async function workOn(services: JobServices, job: VaultJob, pace: Pace): Promise<Json> {
  const { account_id, manager_id: id, kind } = job;
  if (kind === 'copies') return copyInTurns(services, { account_id, id }, pace);
  const manager = await getManager(services.adapters.table, account_id, id);
  return WORKS[kind](services, await askedBy(services, manager, job), job.progress, pace);
}

/** The first turn of what a schedule hands on: others wait for theirs. */
const FIRST_TURN_MS = 60_000;

/** Each one begins by looking at what those before have done, so that it has twice as long. */
const turnOf = ({ kind, turns }: VaultJob, milliseconds: number): number =>
  isScheduled(kind) ? Math.min(milliseconds, FIRST_TURN_MS * 2 ** (turns - 1)) : milliseconds;

/** When to look again where another process has the lease, which may be dead. */
function secondsLeft({ adapters, settings }: VaultServices, { lease_until }: VaultJob): number {
  const left = Math.ceil((Date.parse(lease_until) - adapters.now()) / 1000);
  return Math.min(settings.vaultLeaseSeconds, Math.max(1, left));
}

function paceOf(services: VaultServices, job: VaultJob, milliseconds: number): Pace {
  const { table, now } = services.adapters;
  const end = now() + milliseconds;
  let saved = now();
  return {
    retries: true,
    async reached(progress) {
      if (now() >= end) throw new PostponedError(progress);
      if (now() - saved < SAVE_MS) return;
      saved = now();
      // Whoever has it now goes on from the same place or a later one.
      if (!(await saveProgress(table, job, progress, saved + leaseMs(services)))) throw new PostponedError(progress);
    },
  };
}

async function askedBy(
  { adapters: { keys } }: VaultServices,
  manager: Manager,
  job: VaultJob,
): Promise<Asked<unknown, unknown>> {
  const secrets = job.secrets && (await unseal(keys, secretsContext(job), job.secrets));
  const read: unknown = secrets === undefined ? {} : JSON.parse(Buffer.from(secrets).toString('utf8'));
  return { manager, by: job.by, request: job.request, secrets: read };
}

const ACTIONS = {
  backup: 'backup_create',
  restore: 'backup_restore',
  rotation: 'password_update',
  save: 'model_save',
  copy: 'model_save',
  download: 'model_download',
  archive: 'backup_download',
  import: 'backup_create',
  model_deletion: 'model_delete',
  manager_deletion: 'manager_delete',
  scheduled_backup: 'backup_create',
  restore_drill: 'restore_drill',
  copies: undefined,
} as const satisfies Record<JobKind, AuditAction | undefined>;

/** What the progress of a job of one model has. */
const ofModel = z.object({ model_name: z.string() });

async function fail({ adapters: { table, now }, logger }: VaultServices, job: VaultJob, error: TrainyardError) {
  logger.error('a job of the vault failed', { manager_id: job.manager_id, kind: job.kind, error });
  const { code, status, details, facts = {} } = error;
  const message = error.expose ? error.message : 'An unexpected error occurred';
  const { data: named } = ofModel.safeParse(job.progress);
  const action = ACTIONS[job.kind];
  const event = action && ({ action, ...named, success: false, reason: code } as const);
  if (event) await appendAudit(table, { account_id: job.account_id, id: job.manager_id }, job.by, event, now);
  // It stays due.
  if (isScheduled(job.kind)) return forgetJob(table, job);
  await endJob(
    table,
    job,
    { state: 'failed', failure: { code, status, message, details: details.map((one) => ({ ...one })), facts } },
    now(),
  );
}
