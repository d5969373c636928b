/**
 * How an active job is run: by an attempt, that is a task of Compute, and within it by a run, that is a trainer. Where a
 * host is reclaimed, Compute may start the same task again elsewhere: the same attempt, its next run. Only the last run
 * of the last attempt can write; whatever an earlier one still does, or does after it was frozen for an hour, is refused.
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

/** Attempts after which a job that keeps dying has failed. */
export const MAX_ATTEMPTS = 3;

/**
 * With this a trainer ends that was told to make room and has left a checkpoint: run again, it goes on from there. It is
 * what sysexits.h calls a temporary failure.
 */
export const INTERRUPTED_EXIT_CODE = 75;

/** Whether a job whose attempt was lost gets another one. */
export const hasAttemptsLeft = ({ attempt, excused_attempts = 0 }: Job): boolean =>
  attempt - excused_attempts < MAX_ATTEMPTS;

/** The name of an attempt's task in Compute. */
export const taskId = (of: { id: string; attempt: number }): string => `${of.id}-${of.attempt}`;

const is = (attribute: string, value: string | number): Condition => ({ kind: 'compare', attribute, op: '=', value });
const all = (...of: Condition[]): Condition => ({ kind: 'all', of });
const any = (...of: Condition[]): Condition => ({ kind: 'any', of });

export const isActive: Condition = { kind: 'oneOf', attribute: 'status', values: ['queued', 'running'] };

/** Active, and nobody has begun anything since the job was read. */
export const isActiveAttempt = (of: Job): Condition =>
  all(isActive, is('attempt', of.attempt), ...(of.run === undefined ? [] : [is('run', of.run)]));

/** Running, and this attempt's and this run's: the condition on which what a trainer writes counts. */
export const isRunningAttempt = (of: Job): Condition => all(is('status', 'running'), isActiveAttempt(of));

/**
 * The next attempt is about to be submitted: `attempt` counts up and the job is `queued` (again). Of two that try it at
 * once, one gets `undefined`: so does who finds the job ended.
 */
export async function beginAttempt(table: Table, of: Job, now: string): Promise<Job | undefined> {
  const set = { status: 'queued', attempt: of.attempt + 1, heartbeat_at: now };
  return changed(table, of, { set, remove: ['run', 'unplaced_since'] }, isActiveAttempt(of));
}

/** The attempt was lost with its host. `undefined`: the job ended, or another attempt has begun. */
export async function excuseAttempt(table: Table, of: Job): Promise<Job | undefined> {
  return changed(table, of, { set: { excused_attempts: (of.excused_attempts ?? 0) + 1 } }, isActiveAttempt(of));
}

/**
 * It waits for a host: at first, or again where its trainer is gone. `undefined`: it ended, or somebody has begun.
 * @param unplacedSince from when on nothing has been ahead of it in line; absent while something is
 */
export async function awaitHost(table: Table, of: Job, now: string, unplacedSince?: string): Promise<Job | undefined> {
  const change =
    unplacedSince === undefined
      ? { set: { heartbeat_at: now }, remove: ['unplaced_since'] }
      : { set: { heartbeat_at: now, unplaced_since: unplacedSince } };
  return changed(table, of, change, isActiveAttempt(of));
}

export interface Start {
  /** From 1; higher than that of every earlier trainer of the attempt. */
  readonly run: number;
  readonly device: string;
  readonly deviceReason?: string | undefined;
}

export interface Started {
  readonly job: Job;
  /** What is to be told now: the job's first trainer has begun. */
  readonly event?: DomainEvent;
}

/** The trainer of this run has begun. `undefined`: it is not to. */
export async function startJob(
  table: Table,
  of: Job,
  { run, device, deviceReason }: Start,
  now: string,
): Promise<Started | undefined> {
  const told = deviceReason === undefined ? {} : { device_reason: deviceReason };
  const set = {
    ...{ status: 'running' as const, run, device, ...told },
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
    // Before the first trainer nobody has written what trainers write: this is the record.
    const { unplaced_since: _, ...rest } = of;
    return { job: { ...rest, ...set }, event };
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    const started_at = (await findJob(table, of.account_id, of.id))?.started_at;
    // Another run was the first, after the job was read.
    return started_at === undefined
      ? undefined
      : startJob(table, { ...of, started_at }, { run, device, deviceReason }, now);
  }
}

export interface Report extends Readonly<ComputeUsage> {
  readonly current_epoch: number;
  readonly progress: number;
  readonly metrics: Metrics;
}

/** The trainer's word between chunks. `undefined`: the job was stopped or is another trainer's; end at once. */
export async function reportProgress(table: Table, of: Job, report: Report, now: string): Promise<Job | undefined> {
  return changed(table, of, { set: { ...report, heartbeat_at: now } }, isRunningAttempt(of));
}

async function changed(table: Table, of: Job, change: Change, condition: Condition): Promise<Job | undefined> {
  try {
    return job.parse(await table.update(keys.job(of.account_id, of.id), change, condition));
  } catch (error) {
    if (error instanceof ConditionFailedError) return undefined;
    throw error;
  }
}
