/** How a job ends without a model; `completeJob` in `models/change.ts` ends it with one. */

import { addUsage, type Ending } from '../accounts/usage/month.ts';
import { addBytes } from '../accounts/usage/storage.ts';
import { blobKeys } from '../blob-keys.ts';
import type { DomainEvent } from '../events/event.ts';
import { recordEvent } from '../events/outbox.ts';
import { uncountJob } from '../installation/jobs.ts';
import { keys } from '../keys.ts';
import { endUse } from '../models/in-use.ts';
import { markOrphaned } from '../orphans.ts';
import { ConditionFailedError, TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Json, Table, Write } from '../ports/table/port.ts';
import { isActive, isActiveAttempt } from './attempts.ts';
import { endedPlace } from './ended.ts';
import { trainingEvents } from './events.ts';
import type { ComputeUsage, Job } from './record.ts';
import { clearWaiting } from './waiting.ts';

/** Milliseconds after a job's end in which a trainer that has not noticed it may still write a checkpoint. */
const LATE_CHECKPOINT_MS = 15 * 60_000;

/**
 * Writes that end a job: they set its final state, free its slot, release the dataset and mark its checkpoint as
 * orphaned. The first is the job's.
 * @param made the job's model: the account's last model number as it was read, of which it takes the next, and its bytes
 */
export function endingWrites(
  of: Job,
  set: { status: Ending; ended_at: string; [name: string]: Json } & Partial<ComputeUsage>,
  condition: Condition,
  made?: { readonly numberAfter: number; readonly bytes: number },
): Write[] {
  const account = keys.account(of.account_id);
  const onAccount: Write =
    made === undefined
      ? { kind: 'update', key: account, change: { add: { active_jobs: -1 } }, condition: { kind: 'present' } }
      : {
          kind: 'update',
          key: account,
          change: { add: { active_jobs: -1, models: 1, last_model_number: 1, ...addBytes('model_bytes', made.bytes) } },
          condition: { kind: 'compare', attribute: 'last_model_number', op: '=', value: made.numberAfter },
        };
  const checkpoint = blobKeys.checkpointPrefix(of.account_id, of.id);
  const due = Date.parse(set.ended_at) + LATE_CHECKPOINT_MS;
  return [
    {
      kind: 'update',
      key: keys.job(of.account_id, of.id),
      change: { set: { ...set, ...endedPlace(set.ended_at) } },
      condition,
    },
    onAccount,
    {
      kind: 'update',
      key: keys.dataset(of.account_id, of.dataset_id),
      change: { add: { in_use: -1 } },
      condition: { kind: 'present' },
    },
    markOrphaned('artifacts', checkpoint, due),
    addUsage(of.account_id, set.status, { ...of, ...set }, set.ended_at),
    ...uncountJob(of),
    ...(of.awaits_dataset ? [clearWaiting(of)] : []),
    ...(of.parent_id === undefined ? [] : [endUse(of.account_id, of.parent_id)]),
  ];
}

/** Why a job has failed: a line for people, and perhaps a code for programs. */
export interface JobFailure {
  readonly message: string;
  readonly code?: string | undefined;
}

/**
 * Ends an active job as `failed`; `usage` is what the trainer reports, if it is still able to. Resolves with the event
 * to publish, or with `undefined` if the job had ended or another run has begun.
 */
export async function failJob(
  table: Table,
  of: Job,
  why: string | JobFailure,
  now: string,
  usage: Partial<ComputeUsage> = {},
): Promise<DomainEvent | undefined> {
  const { message: failure, code }: JobFailure = typeof why === 'string' ? { message: why } : why;
  const event = trainingEvents.failed(of, failure, now);
  const reason = { failure, ...(code === undefined ? {} : { failure_code: code }) };
  const writes = endingWrites(of, { status: 'failed', ...reason, ended_at: now, ...usage }, isActiveAttempt(of));
  return (await ended(table, [...writes, recordEvent(event)])) ? event : undefined;
}

/**
 * Ends a running trial of a sweep as `completed`, without a model. False: it was stopped, or another run has begun.
 * @param score of its best epoch, by the sweep's metric
 */
export async function completeTrial(
  table: Table,
  of: Job,
  {
    score,
    ...last
  }: Pick<Job, 'final_metrics' | 'metrics' | 'current_epoch'> &
    Partial<ComputeUsage> & { readonly score: number | undefined },
  now: string,
): Promise<boolean> {
  const { final_metrics = {}, ...rest } = last;
  const set = { ...rest, final_metrics, progress: 100, ...(score === undefined ? {} : { best_metric: score }) };
  return ended(table, endingWrites(of, { status: 'completed', ended_at: now, ...set }, isActiveAttempt(of)));
}

/**
 * Ends an active job as `stopped`, whatever its attempt. Resolves with the event to publish, or with `undefined` if the
 * job had ended.
 */
export async function stopJob(table: Table, of: Job, now: string): Promise<DomainEvent | undefined> {
  const event = trainingEvents.stopped(of, now);
  const writes = endingWrites(of, { status: 'stopped', ended_at: now }, isActive);
  return (await ended(table, [...writes, recordEvent(event)])) ? event : undefined;
}

/**
 * Asks the trainer of a job to complete it with the best weights so far; the next trainer does, if that one is lost.
 * False: the job has not begun, so that there are none, or it has ended.
 */
export async function requestKeepBest(table: Table, of: Job): Promise<boolean> {
  const hasBegun: Condition = { kind: 'compare', attribute: 'started_at', op: '>', value: '' };
  try {
    await table.update(
      keys.job(of.account_id, of.id),
      { set: { stop_requested: 'keep_best' } },
      { kind: 'all', of: [isActive, hasBegun] },
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}

async function ended(table: Table, writes: readonly Write[]): Promise<boolean> {
  try {
    await table.transact(writes);
    return true;
  } catch (error) {
    if (error instanceof TransactionFailedError && error.failed.includes(0)) return false;
    throw error;
  }
}
