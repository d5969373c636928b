/**
 * Queue `training`: runs a job. The message may be delivered twice, late, or after a crash at any point:
 *
 *     message ── attempt + 1 ── submit ── acknowledge
 *              ▲             ▲
 *              └ crash: nothing has changed
 *                            └ crash: Compute does not know the task; it is submitted with the same id
 */

import { type TrainingMessage, trainingMessage } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { ComputeState } from '#domain/ports/compute/port.ts';
import { hasAttemptsLeft, taskId } from '#domain/training/attempts.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import type { Log } from '#functions/http/contract.ts';
import { checkWaiting } from './awaited-dataset.ts';
import { loadAwaited } from './awaited-encoder.ts';
import { consumer } from './batch.ts';
import {
  type AttemptAdapters,
  type AttemptSettings,
  failAttempt,
  startAttempt,
  submitAttempt,
} from './training-attempts.ts';

export interface DispatchOptions {
  readonly logger: Log;
  readonly settings: AttemptSettings;
}

export type DispatchAdapters = AttemptAdapters & Pick<Adapters, 'blobs'>;

export function makeHandler(adapters: DispatchAdapters, options: DispatchOptions) {
  const { logger, settings } = options;
  const of = { schema: trainingMessage, queue: adapters.queues.training, logger };
  return consumer(of, async ({ account_id, job_id }: TrainingMessage) => {
    const found = await findJob(adapters.table, account_id, job_id);
    if (!found || !(found.status === 'queued' || found.status === 'running')) return;
    const job = found.awaits_dataset ? await checkWaiting({ ...adapters, logger }, found) : found;
    if (!job) return;
    if (job.awaits_encoder !== undefined) return loadAwaited(adapters, job, job.awaits_encoder);
    const state = job.attempt === 0 ? 'none' : await adapters.compute.describe(taskId(job));
    logger.info('dispatching', { job_id, attempt: job.attempt, status: job.status, compute: state });
    await responses[state]({ ...adapters, logger }, job, settings);
  });
}

type DispatchContext = AttemptAdapters & { readonly logger: Log };
type Respond = (context: DispatchContext, job: Job, settings: AttemptSettings) => Promise<void>;

const next: Respond = async (context, job, settings) => {
  if (hasAttemptsLeft(job)) await startAttempt(context, job, settings);
  else await failAttempt(context, job, `The trainer was lost ${job.attempt} times`);
};
const nothing: Respond = async () => {};

/** What to do, by the state of the job's latest attempt in Compute. */
const responses: Readonly<Record<ComputeState | 'none', Respond>> = {
  none: next,
  pending: nothing,
  unplaced: nothing,
  running: nothing,
  succeeded: next,
  failed: next,
  // A running job has had a trainer, so its task existed and is lost.
  unknown: (context, job, settings) =>
    job.status === 'queued' ? submitAttempt(context.compute, job, settings) : next(context, job, settings),
};
