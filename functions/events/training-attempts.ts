/** Starting and ending a job's attempts: what dispatching, settling and the sweep have in common. */

import { publishEvent } from '#domain/events/outbox.ts';
import { send } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Compute, ComputeTarget } from '#domain/ports/compute/port.ts';
import type { Settings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import { beginAttempt, hasAttemptsLeft, taskId } from '#domain/training/attempts.ts';
import { failJob, type JobFailure } from '#domain/training/endings.ts';
import type { Job } from '#domain/training/record.ts';
import type { Log } from '#functions/http/contract.ts';
import { RESIDENT_BYTES } from '#learning/table/resident.ts';

export type AttemptAdapters = Pick<Adapters, 'table' | 'queues' | 'events' | 'compute' | 'now'>;
/** For ending an attempt, which may have been the last. */
export type AttemptContext = Omit<AttemptAdapters, 'compute'> & { readonly logger: Log };

/** The time limit of a trainer, and up to which estimate a job runs in a function. */
export type AttemptSettings = Pick<Settings, 'trainingSeconds' | 'functionSeconds'>;

/** Sends the job's message to `dispatch-training`. */
export async function sendTraining({ queues }: Pick<Adapters, 'queues'>, job: Job): Promise<void> {
  await send(queues.training, { account_id: job.account_id, job_id: job.id });
}

/** Starts the next attempt, unless the job has ended or the attempt is started already. */
export async function startAttempt(adapters: AttemptAdapters, job: Job, settings: AttemptSettings): Promise<void> {
  const begun = await beginAttempt(adapters.table, job, isoTime(adapters.now()));
  // A crash here leaves a queued job whose task Compute does not know: the redelivered message submits it.
  if (begun) await submitAttempt(adapters.compute, begun, settings);
}

/** Submits the attempt to Compute; idempotent. */
export async function submitAttempt(compute: Compute, job: Job, settings: AttemptSettings): Promise<void> {
  await compute.submit({
    id: taskId(job),
    accountId: job.account_id,
    jobId: job.id,
    attempt: job.attempt,
    timeoutSeconds: settings.trainingSeconds,
    target: targetOf(job, settings),
  });
}

/**
 * As requested, otherwise by the estimate. A function has no disk for data that do not fit into memory. A job that a
 * function did not finish, for whatever reason, runs in a function again only if that was requested.
 */
function targetOf(job: Job, { functionSeconds }: AttemptSettings): ComputeTarget {
  const { compute = 'auto', attempt, estimated_time, data_bytes = 0 } = job;
  if (compute !== 'auto') return compute;
  const isSmall = estimated_time <= functionSeconds && data_bytes <= RESIDENT_BYTES;
  return attempt === 1 && isSmall ? 'function' : 'cpu';
}

/** An attempt was lost without a fault of the program: requests another one, or fails the job if none is left. */
export async function attemptLost(context: AttemptContext, job: Job, reason: string): Promise<'again' | 'failed'> {
  if (hasAttemptsLeft(job)) {
    await sendTraining(context, job);
    return 'again';
  }
  await failAttempt(context, job, `The trainer was lost ${job.attempt} times, the last time: ${reason}`);
  return 'failed';
}

/** Ends the job as failed and publishes the event; does nothing if the job has ended or another attempt has begun. */
export async function failAttempt(
  { table, events, now, logger }: Omit<AttemptContext, 'queues'>,
  job: Job,
  reason: string | JobFailure,
): Promise<void> {
  const event = await failJob(table, job, reason, isoTime(now()));
  if (event) await publishEvent({ table, events }, event, (message, about) => logger.warn(message, about));
}
