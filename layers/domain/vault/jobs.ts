/**
 * Backups, their archives, restores, rotations, deletions after a last backup, and saves and downloads of large models that
 * outlast their request go on as a job; so is what a schedule finds to be due. The job remembers how far it is; whoever works
 * on it holds a lease, which is renewed with the progress:
 *
 *     request ── not done in time ── JOB, message ── 202
 *     consumer   lease ── work, renewing ── done or failed; or time is up ── lease let go, message
 *     crash      the lease runs out ── the schedule sends the message again, or before that the same request
 *     request again ── 202 with how far it is, or the result, once
 *     schedule   JOB, message, unless it is in hand already; nobody asks for a result, so that its end deletes it
 */
import { z } from 'zod';
import { sealed } from '../envelope.ts';
import { indexes, keys } from '../keys.ts';
import { ConditionFailedError } from '../ports/errors.ts';
import type { Condition, Json, Table } from '../ports/table/port.ts';
import { epochSeconds, isoTime } from '../times.ts';
import { itemOf } from './item.ts';
import type { ManagerRef } from './manager.ts';
import { encryption } from './model.ts';

export const JOB_KINDS = [
  'backup',
  'restore',
  'rotation',
  'save',
  'copy',
  'download',
  'archive',
  'import',
  'model_deletion',
  'manager_deletion',
  'scheduled_backup',
  'restore_drill',
  'copies',
] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** What a schedule hands on, and nobody asks for. */
export const SCHEDULED_KINDS = ['scheduled_backup', 'restore_drill', 'copies'] as const satisfies readonly JobKind[];
export type ScheduledKind = (typeof SCHEDULED_KINDS)[number];

export const isScheduled = (kind: JobKind): kind is ScheduledKind =>
  SCHEDULED_KINDS.some((scheduled) => scheduled === kind);

const anyJson: z.ZodType<Json> = z.json();

const failure = z.object({
  code: z.string(),
  status: z.int(),
  message: z.string(),
  /** What was wrong, by field. */
  details: z.array(z.object({ field: z.string(), message: z.string() })).default([]),
  facts: z.record(z.string(), anyJson),
});

export const vaultJob = z.object({
  account_id: z.string(),
  manager_id: z.string(),
  vault: z.string(),
  kind: z.enum(JOB_KINDS),
  /** Of what was asked for, without its passwords: the same request finds the same job. */
  fingerprint: z.string(),
  /** Without passwords. */
  request: anyJson,
  /** The passwords, under the platform's key: deleted with the job. */
  secrets: sealed.optional(),
  /** What its result opens with: the passwords, after they are deleted. Jobs of earlier versions have none. */
  lock: encryption.optional(),
  by: z.object({ userId: z.string(), address: z.string(), requestId: z.string() }),
  state: z.enum(['running', 'done', 'failed']),
  /** What the work needs to go on. */
  progress: anyJson,
  result: anyJson.optional(),
  failure: failure.optional(),
  lease: z.string(),
  lease_until: z.string(),
  /** From when on its message may be taken for lost, while it runs: the sort key of the index. */
  isk: z.string().optional(),
  /** Leases since it last got further. */
  attempts: z.int(),
  /** Leases in all. Jobs of earlier versions did not count them. */
  turns: z.int().default(0),
  started_at: z.string(),
});
export type VaultJob = z.infer<typeof vaultJob>;
export type JobFailure = z.infer<typeof failure>;

const NONE = '';
/** How long a result waits for whoever asks. */
const RESULT_SECONDS = 86_400;

const keyOf = (of: Pick<VaultJob, 'account_id' | 'vault' | 'kind' | 'fingerprint'>) =>
  keys.vaultJob(of.account_id, of.vault, of.kind, of.fingerprint);

export async function findJob(
  table: Table,
  of: ManagerRef,
  kind: JobKind,
  fingerprint: string,
): Promise<VaultJob | undefined> {
  const item = await table.get(keys.vaultJob(of.account_id, of.vault, kind, fingerprint));
  return item && vaultJob.parse(item);
}

type NewJob = Omit<VaultJob, 'state' | 'lease' | 'lease_until' | 'isk' | 'attempts' | 'turns' | 'started_at'>;

/** Whether there was none, or only the one that has ended and whose result is of somebody else. */
export async function startJob(table: Table, wanted: NewJob, now: number, ended?: VaultJob): Promise<boolean> {
  const at = isoTime(now);
  const job = { ...wanted, state: 'running', lease: NONE, lease_until: at, attempts: 0, turns: 0, started_at: at };
  try {
    await table.put(
      itemOf(keyOf(wanted), { ...job, ipk: indexes.vaultJobs, isk: at }),
      ended ? sameJob(ended) : { kind: 'absent' },
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}

const sameJob = ({ started_at, state }: VaultJob): Condition => ({
  kind: 'all',
  of: [
    { kind: 'compare', attribute: 'started_at', op: '=', value: started_at },
    { kind: 'compare', attribute: 'state', op: '=', value: state },
  ],
});

const running = { kind: 'compare', attribute: 'state', op: '=', value: 'running' } as const;
const heldBy = (lease: string): Condition => ({
  kind: 'all',
  of: [running, { kind: 'compare', attribute: 'lease', op: '=', value: lease }],
});

const until = (time: number) => ({ lease_until: isoTime(time), isk: isoTime(time) });

/** Takes the lease until `end`. `undefined` if somebody else has it, or the job has ended. */
export async function leaseJob(
  table: Table,
  job: VaultJob,
  lease: string,
  { now, end }: { readonly now: number; readonly end: number },
): Promise<VaultJob | undefined> {
  const free = { kind: 'compare', attribute: 'lease_until', op: '<=', value: isoTime(now) } as const;
  return changed(table, job, { set: { lease, ...until(end) }, add: { attempts: 1, turns: 1 } }, [running, free]);
}

/** Holds it until `end`. Whether it was still held. */
export async function renewLease(table: Table, job: VaultJob, end: number): Promise<boolean> {
  return (await changed(table, job, { set: until(end) }, [heldBy(job.lease)])) !== undefined;
}

/** Stores how far the work is, and holds the lease until `end`. Whether it was still held. */
export async function saveProgress(table: Table, job: VaultJob, progress: Json, end: number): Promise<boolean> {
  const set = { progress, attempts: 0, ...until(end) };
  return (await changed(table, job, { set }, [heldBy(job.lease)])) !== undefined;
}

/** For the next message to take. */
export async function letGo(table: Table, job: VaultJob, now: number): Promise<void> {
  await changed(table, job, { set: { lease: NONE, ...until(now) } }, [heldBy(job.lease)]);
}

type End = { readonly state: 'done'; readonly result: Json } | { readonly state: 'failed'; readonly failure: Json };

/** The passwords are deleted with it. */
export async function endJob(table: Table, job: VaultJob, end: End, now: number): Promise<void> {
  const set = { ...end, expiresAt: epochSeconds(now) + RESULT_SECONDS };
  await changed(table, job, { set, remove: ['secrets', 'ipk', 'isk'] }, [running]);
}

/** Its result was handed out, or nobody asks for it. */
export async function forgetJob(table: Table, job: VaultJob): Promise<void> {
  try {
    await table.delete(keyOf(job), sameJob(job));
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}

/** Running jobs that nobody has held a lease of since `before` (epoch milliseconds). */
export async function abandonedJobs(table: Table, before: number, limit: number): Promise<VaultJob[]> {
  const query = { index: 'byIndex', partition: indexes.vaultJobs, from: '0', to: isoTime(before), limit } as const;
  return (await table.query(query)).items.map((item) => vaultJob.parse(item));
}

/** How long a message waits for its turn before it is sent again: a crash may have come before it was sent. */
const WAITING_MS = 900_000;

/** Its message was sent again. Until it is worked on, it is taken for abandoned only after some time. */
export async function noteSent(table: Table, job: VaultJob, now: number): Promise<void> {
  const same = { kind: 'compare', attribute: 'lease_until', op: '=', value: job.lease_until } as const;
  await changed(table, job, { set: { isk: isoTime(now + WAITING_MS) } }, [running, same]);
}

/** How long a message takes at most to be worked on where nothing else waits. */
const PROMPT_MS = 10_000;
/** For whoever sends it again to do so. */
const SENDING_MS = 60_000;

/**
 * Whether whoever asks is to send the message again: it seems to be lost, to a crash between the job's record and its sending,
 * and nobody else sends it at the same time. One that was tried and failed waits for its queue.
 */
export async function claimSending(table: Table, job: VaultJob, now: number): Promise<boolean> {
  const { isk, attempts } = job;
  if (isk === undefined || attempts > 0 || isk > isoTime(now - PROMPT_MS)) return false;
  const same = { kind: 'compare', attribute: 'isk', op: '=', value: isk } as const;
  return (await changed(table, job, { set: { isk: isoTime(now + SENDING_MS) } }, [running, same])) !== undefined;
}

async function changed(
  table: Table,
  job: VaultJob,
  change: Parameters<Table['update']>[1],
  of: readonly Condition[],
): Promise<VaultJob | undefined> {
  try {
    return vaultJob.parse(await table.update(keyOf(job), change, { kind: 'all', of }));
  } catch (error) {
    if (error instanceof ConditionFailedError) return undefined;
    throw error;
  }
}
