/**
 * Queue `training`: a job is to be run. The message may come twice, late, or after a crash at any point:
 *
 *     message ── attempt + 1 ── submit ── acknowledge
 *              ▲             ▲
 *              └ crash: as if nothing had been
 *                            └ crash: Compute does not know the task; it is submitted under the same name
 */

import { type TrainingMessage, trainingMessage } from '#domain/messages.ts';
import type { ComputeState } from '#domain/ports/compute/port.ts';
import { hasAttemptsLeft, taskId } from '#domain/training/attempts.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import type { Log } from '#functions/http/contract.ts';
import { consumer } from './batch.ts';
import { type AttemptAdapters, failAttempt, startAttempt, submitAttempt, type Terms } from './training-attempts.ts';

export interface DispatchOptions {
  readonly logger: Log;
  readonly settings: Terms;
}

export function makeHandler(adapters: AttemptAdapters, options: DispatchOptions) {
  const { logger, settings: terms } = options;
  const of = { schema: trainingMessage, queue: adapters.queues.training, logger };
  return consumer(of, async ({ account_id, job_id }: TrainingMessage) => {
    const job = await findJob(adapters.table, account_id, job_id);
    if (!job || !(job.status === 'queued' || job.status === 'running')) return;
    const state = job.attempt === 0 ? 'none' : await adapters.compute.describe(taskId(job));
    logger.info('dispatching', { job_id, attempt: job.attempt, status: job.status, compute: state });
    await responses[state]({ ...adapters, logger }, job, terms);
  });
}

type DispatchContext = AttemptAdapters & { readonly logger: Log };
type Respond = (context: DispatchContext, job: Job, terms: Terms) => Promise<void>;

const next: Respond = async (context, job, terms) => {
  if (hasAttemptsLeft(job)) await startAttempt(context, job, terms);
  else await failAttempt(context, job, `The trainer was lost ${job.attempt} times`);
};
const nothing: Respond = async () => {};

/** By what Compute knows of the job's latest attempt. */
const responses: Readonly<Record<ComputeState | 'none', Respond>> = {
  none: next,
  pending: nothing,
  unplaced: nothing,
  running: nothing,
  succeeded: next,
  failed: next,
  // A running job has been seen by a trainer, so its task was there once and is lost.
  unknown: (context, job, terms) =>
    job.status === 'queued' ? submitAttempt(context.compute, job, terms) : next(context, job, terms),
};
