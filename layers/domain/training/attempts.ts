/**
 * An active job runs as an attempt, which is a Compute task, and within it as a run, which is a trainer process. When a
 * host is reclaimed, Compute may start the same task again elsewhere: the same attempt, its next run. Only the last run
 * of the last attempt can write; writes of an earlier one, even one that was frozen for an hour, are refused.
 *
 *     attempt 1 ─ run 1 ─✗ reclaimed
 *                 └ run 2 ─✗ reclaimed, and Compute gives up
 *     attempt 2 ─ run 1 ── completed
 */
import type { DomainEvent } from '../events/event.ts';
import { recordEvent } from '../events/outbox.ts';
import { keys } from '../keys.ts';
import { ConditionFailedError, TransactionFailedError } from '../ports/errors.ts';
import type { Change, Condition, Table } from '../ports/table/port.ts';
import { trainingEvents } from './events.ts';
import { findJob } from './read.ts';
import { type ComputeUsage, type Job, job, type Metrics } from './record.ts';

/** A job whose attempts keep crashing fails after so many. */
export const MAX_ATTEMPTS = 3;

/**
 * The exit code of a trainer that was interrupted and has saved a checkpoint: the next run resumes from it. It is
 * EX_TEMPFAIL of sysexits.h.
 */
export const INTERRUPTED_EXIT_CODE = 75;

/** Whether a job whose attempt was lost gets another one. */
export const hasAttemptsLeft = ({ attempt, excused_attempts = 0 }: Job): boolean =>
  attempt - excused_attempts < MAX_ATTEMPTS;

/** The id of an attempt's Compute task. */
export const taskId = (of: { id: string; attempt: number }): string => `${of.id}-${of.attempt}`;

const is = (attribute: string, value: string | number): Condition => ({ kind: 'compare', attribute, op: '=', value });
const all = (...of: Condition[]): Condition => ({ kind: 'all', of });
const any = (...of: Condition[]): Condition => ({ kind: 'any', of });

export const isActive: Condition = { kind: 'oneOf', attribute: 'status', values: ['queued', 'running'] };

/** Active, and no other attempt or run has begun since the job was read. */
export const isActiveAttempt = (of: Job): Condition =>
  all(isActive, is('attempt', of.attempt), ...(of.run === undefined ? [] : [is('run', of.run)]));

/** Running, in this attempt and this run: the condition of every write of a trainer. */
export const isRunningAttempt = (of: Job): Condition => all(is('status', 'running'), isActiveAttempt(of));

/**
 * Call it before submitting the next attempt: `attempt` counts up and the job is `queued` again. Resolves with
 * `undefined` if a concurrent call was first or the job has ended.
 */
export async function beginAttempt(table: Table, of: Job, now: string): Promise<Job | undefined> {
  const set = { status: 'queued', attempt: of.attempt + 1, heartbeat_at: now };
  return changed(table, of, { set, remove: ['run', 'unplaced_since', 'resent_at', 'resends'] }, isActiveAttempt(of));
}

/** Records that the attempt was lost with its host. `undefined`: the job ended, or another attempt has begun. */
export async function excuseAttempt(table: Table, of: Job): Promise<Job | undefined> {
  return changed(table, of, { set: { excused_attempts: (of.excused_attempts ?? 0) + 1 } }, isActiveAttempt(of));
}

/**
 * Records that the job waits for a host, at first or after losing one. `undefined`: it ended, or a run has begun.
 * @param unplacedSince since when the job has been first in the queue; absent while others are ahead
 */
export async function awaitHost(table: Table, of: Job, now: string, unplacedSince?: string): Promise<Job | undefined> {
  const change =
    unplacedSince === undefined
      ? { set: { heartbeat_at: now }, remove: ['unplaced_since'] }
      : { set: { heartbeat_at: now, unplaced_since: unplacedSince } };
  return changed(table, of, change, isActiveAttempt(of));
}

export interface Start {
  /** From 1, and higher than every earlier run of the attempt. */
  readonly run: number;
  readonly device: string;
  readonly deviceReason?: string | undefined;
}

export interface Started {
  readonly job: Job;
  /** The event to publish; present if this is the job's first run. */
  readonly event?: DomainEvent;
}

/** Records that the trainer of this run has begun. `undefined`: it must not run. */
export async function startJob(
  table: Table,
  of: Job,
  { run, device, deviceReason }: Start,
  now: string,
): Promise<Started | undefined> {
  const reason = deviceReason === undefined ? {} : { device_reason: deviceReason };
  const set = {
    ...{ status: 'running' as const, run, device, ...reason },
    ...{ started_at: of.started_at ?? now, heartbeat_at: now },
  };
  const remove = ['unplaced_since', ...(deviceReason === undefined ? ['device_reason'] : [])];
  const before: Condition = { kind: 'compare', attribute: 'run', op: '<', value: run };
  const free = any(is('status', 'queued'), all(is('status', 'running'), before));
  const condition = all(is('attempt', of.attempt), free);
  if (of.started_at !== undefined) {
    const started = await changed(table, of, { set, remove }, condition);
    return started && { job: started };
  }
  const event = trainingEvents.started(of, now);
  const isFirst = all(condition, { kind: 'missing', attribute: 'started_at' });
  const key = keys.job(of.account_id, of.id);
  try {
    await table.transact([{ kind: 'update', key, change: { set, remove }, condition: isFirst }, recordEvent(event)]);
    // No trainer has written anything before the first run, so this is the stored record.
    const { unplaced_since: _, ...rest } = of;
    return { job: { ...rest, ...set }, event };
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    const started_at = (await findJob(table, of.account_id, of.id))?.started_at;
    // Another run began after the job was read.
    return started_at === undefined
      ? undefined
      : startJob(table, { ...of, started_at }, { run, device, deviceReason }, now);
  }
}

export interface Report extends Readonly<ComputeUsage> {
  readonly current_epoch: number;
  readonly progress: number;
  readonly metrics: Metrics;
  readonly best_metric?: number;
}

/**
 * A trainer's progress report and heartbeat, with the events that it causes. `undefined`: the job was stopped or another
 * run began; exit at once.
 */
export async function reportProgress(
  table: Table,
  of: Job,
  report: Report,
  now: string,
  events: readonly DomainEvent[] = [],
): Promise<Job | undefined> {
  const set = { ...report, heartbeat_at: now };
  if (events.length === 0) return changed(table, of, { set }, isRunningAttempt(of));
  const key = keys.job(of.account_id, of.id);
  try {
    await table.transact([
      { kind: 'update', key, change: { set }, condition: isRunningAttempt(of) },
      ...events.map(recordEvent),
    ]);
    return { ...of, ...set };
  } catch (error) {
    if (error instanceof TransactionFailedError) return undefined;
    throw error;
  }
}

async function changed(table: Table, of: Job, change: Change, condition: Condition): Promise<Job | undefined> {
  try {
    return job.parse(await table.update(keys.job(of.account_id, of.id), change, condition));
  } catch (error) {
    if (error instanceof ConditionFailedError) return undefined;
    throw error;
  }
}
