/** The two ends of a job's waiting for its encoder, which is loaded before the job's first attempt. */
import { findEncoder } from '#domain/encoders/read.ts';
import { keys } from '#domain/keys.ts';
import { sendEncoder, type TrainingMessage } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { ConditionFailedError } from '#domain/ports/errors.ts';
import { isActiveAttempt } from '#domain/training/attempts.ts';
import { appendLog, lineOf } from '#domain/training/logs.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { type AttemptContext, failAttempt, sendTraining } from './training-attempts.ts';

/** Has the encoder of a queued job loaded. */
export async function loadAwaited({ queues }: Pick<Adapters, 'queues'>, job: Job, encoder: string): Promise<void> {
  await sendEncoder(queues.encoders, { encoder, job: { account_id: job.account_id, job_id: job.id } });
}

/** Before the first attempt there is no trainer: this is the place of what is logged for it. */
const BEFORE_ATTEMPTS = { attempt: 0, run: 0, chunk: 1 };

/** The encoder is loaded or has failed: the job goes on, or fails with the reason. Idempotent. */
export async function continueJob(context: AttemptContext, of: TrainingMessage, encoder: string): Promise<void> {
  const { table, now } = context;
  const job = await findJob(table, of.account_id, of.job_id);
  if (job?.awaits_encoder === undefined || job.status !== 'queued') return;
  const state = await findEncoder(table, keys.encoder(encoder));
  if (state?.status === 'loaded') {
    const line = lineOf('INFO', `${encoder} is loaded from ${state.source}`, now());
    await appendLog(table, job, BEFORE_ATTEMPTS, [line], now());
    if (await endAwaiting(table, job)) await sendTraining(context, job);
  } else if (state?.status === 'failed') {
    const failure = `${encoder} could not be loaded: ${state.failure}`;
    await appendLog(table, job, BEFORE_ATTEMPTS, [lineOf('ERROR', failure, now())], now());
    await failAttempt(context, job, { message: failure, code: state.failure_code });
  } else {
    throw new Error(`${encoder} is still loading: the message of job ${job.id} comes again`);
  }
}

async function endAwaiting(table: Adapters['table'], job: Job): Promise<boolean> {
  try {
    const change = { set: {}, remove: ['awaits_encoder'] };
    await table.update(keys.job(job.account_id, job.id), change, isActiveAttempt(job));
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}
