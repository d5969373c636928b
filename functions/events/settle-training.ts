/**
 * Event `compute.stopped`: a trainer has ended. If its job is still active, it gets another attempt or fails. If it is
 * completed, its model is checked for being in the lists. In the end, a sweep that the job belongs to goes on.
 */
import type { EventBridgeEvent } from 'aws-lambda';
import { type ComputeStopped, computeStopped } from '#domain/messages.ts';
import { listModelOf } from '#domain/models/change.ts';
import { accountOf } from '#domain/ports/events/envelope.ts';
import type { Settings } from '#domain/settings.ts';
import { excuseAttempt } from '#domain/training/attempts.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import type { Log } from '#functions/http/contract.ts';
import { advanceSweep } from './advance-sweep.ts';
import { type AttemptAdapters, type AttemptContext, attemptLost, failAttempt } from './training-attempts.ts';

/** Reasons with this prefix: the host was stopped or lost, and its trainers with it. */
const HOST_GONE = /^host_/;

/** Another attempt would need as much. */
const OUT_OF_MEMORY = /out[ _]?of[ _]?memory/i;

/** An exit code of a shell or container above this means that a signal ended the program. */
const SIGNALLED = 128;

interface Options {
  readonly logger: Log;
  readonly settings?: Pick<Settings, 'caps'>;
}

export function makeHandler(adapters: AttemptAdapters, { logger, settings }: Options) {
  const caps = settings?.caps;
  return async (event: EventBridgeEvent<string, unknown>): Promise<void> => {
    const stopped = computeStopped.parse(event.detail);
    const job = await findJob(adapters.table, accountOf(event), stopped.job_id);
    if (!job || job.attempt !== stopped.attempt) return;
    const context = { ...adapters, logger };
    if (job.status === 'completed') await listModelOf(adapters.table, job);
    if (job.status === 'queued' || job.status === 'running') await settle(context, job, stopped);
    // A trial that crashed has ended only just now.
    if (job.sweep_id !== undefined) await advanceSweep({ ...context, caps }, job.account_id, job.sweep_id);
  };
}

async function settle(context: AttemptContext, job: Job, stopped: ComputeStopped): Promise<void> {
  context.logger.warn('trainer ended without a result', { ...stopped });
  const counted = HOST_GONE.test(stopped.reason) ? await excuseAttempt(context.table, job) : job;
  if (!counted) return;
  if (stopped.failure !== undefined) await failAttempt(context, job, stopped.failure);
  else if (isLost(stopped)) await attemptLost(context, counted, stopped.reason);
  else await failAttempt(context, job, failureOf(stopped));
}

/** Ended from outside (a signal, a lost host) and not by a timeout: another attempt may succeed. */
function isLost({ exit_code, reason }: ComputeStopped): boolean {
  if (HOST_GONE.test(reason)) return true;
  if (/timed?[ _]?out/i.test(reason) || OUT_OF_MEMORY.test(reason)) return false;
  return exit_code === null || exit_code > SIGNALLED;
}

function failureOf({ exit_code, reason }: ComputeStopped): string {
  if (exit_code === 0) return 'The trainer ended without a result';
  if (OUT_OF_MEMORY.test(reason)) {
    return `The trainer needed more memory than it may have (${reason}); try a smaller batch_size, a smaller network or fewer columns`;
  }
  if (exit_code === null) return `The trainer was ended: ${reason}`;
  return `The trainer crashed with exit code ${exit_code}: ${reason}`;
}
