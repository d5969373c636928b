/** How a job gets its attempts: what dispatching, settling and the sweep have in common. */

import { publishEvent } from '#domain/events/outbox.ts';
import type { TrainingMessage } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Compute, ComputeTarget } from '#domain/ports/compute/port.ts';
import type { Settings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import { beginAttempt, hasAttemptsLeft, taskId } from '#domain/training/attempts.ts';
import { failJob } from '#domain/training/endings.ts';
import type { Job } from '#domain/training/record.ts';
import type { Log } from '#functions/http/contract.ts';
import { RESIDENT_BYTES } from '#learning/tabular/resident.ts';

export type AttemptAdapters = Pick<Adapters, 'table' | 'queues' | 'events' | 'compute' | 'now'>;
/** Where an attempt may turn out to be the last. */
export type AttemptContext = Omit<AttemptAdapters, 'compute'> & { readonly logger: Log };

/** After how long a trainer is ended, and up to which estimate a job runs in a function. */
export type Terms = Pick<Settings, 'trainingSeconds' | 'functionSeconds'>;

/** Asks for the job to be looked at by `dispatch-training`. */
export async function sendTraining({ queues }: Pick<Adapters, 'queues'>, job: Job): Promise<void> {
  const message: TrainingMessage = { account_id: job.account_id, job_id: job.id };
  await queues.training.send(JSON.stringify(message));
}

/** Starts the next attempt, unless the job ended or somebody else has started it. */
export async function startAttempt(adapters: AttemptAdapters, job: Job, terms: Terms): Promise<void> {
  const begun = await beginAttempt(adapters.table, job, isoTime(adapters.now()));
  // A crash here leaves a queued job whose task Compute does not know: the message comes again and submits it.
  if (begun) await submitAttempt(adapters.compute, begun, terms);
}

/** Hands the attempt to Compute; doing it twice starts nothing new. */
export async function submitAttempt(compute: Compute, job: Job, terms: Terms): Promise<void> {
  await compute.submit({
    id: taskId(job),
    accountId: job.account_id,
    jobId: job.id,
    attempt: job.attempt,
    timeoutSeconds: terms.trainingSeconds,
    target: targetOf(job, terms),
  });
}

/**
 * Where the request says, else by the estimate. A function has no disk for data that memory does not hold. A job that a
 * function did not finish, for whatever reason, is not given to a function again unless it was asked for.
 */
function targetOf(job: Job, { functionSeconds }: Terms): ComputeTarget {
  const { compute = 'auto', attempt, estimated_time, data_bytes = 0 } = job;
  if (compute !== 'auto') return compute;
  const isSmall = estimated_time <= functionSeconds && data_bytes <= RESIDENT_BYTES;
  return attempt === 1 && isSmall ? 'function' : 'cpu';
}

/** An attempt is gone through no fault of the program: another one, as long as there are any. */
export async function attemptLost(context: AttemptContext, job: Job, reason: string): Promise<'again' | 'failed'> {
  if (hasAttemptsLeft(job)) {
    await sendTraining(context, job);
    return 'again';
  }
  await failAttempt(context, job, `The trainer was lost ${job.attempt} times, the last time: ${reason}`);
  return 'failed';
}

/** Ends the job as failed and tells; does nothing where the job ended or has another attempt. */
export async function failAttempt(
  { table, events, now, logger }: Omit<AttemptContext, 'queues'>,
  job: Job,
  reason: string,
): Promise<void> {
  const event = await failJob(table, job, reason, isoTime(now()));
  if (event) await publishEvent({ table, events }, event, (message, about) => logger.warn(message, about));
}
