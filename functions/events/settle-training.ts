/** Event `compute.stopped`: a trainer is gone. If it left its job undone, somebody has to say so. */
import type { EventBridgeEvent } from 'aws-lambda';
import { findJob } from '#domain/jobs.ts';
import { type ComputeStopped, computeStopped } from '#domain/messages.ts';
import type { Log } from '#functions/http/contract.ts';
import { type AttemptAdapters, attemptLost, failAttempt } from './training-attempts.ts';

/** Exit codes by which a shell or container says that a signal ended the program. */
const SIGNALLED = 128;

export function makeHandler(adapters: AttemptAdapters, options: { readonly logger: Log }) {
  return async (event: EventBridgeEvent<string, unknown>): Promise<void> => {
    const stopped = computeStopped.parse(event.detail);
    const job = await findJob(adapters.table, event.account, stopped.job_id);
    const undone = job && (job.status === 'queued' || job.status === 'running') && job.attempt === stopped.attempt;
    if (!undone) return;
    options.logger.warn('trainer ended without a result', { ...stopped });
    if (isLost(stopped)) await attemptLost(adapters, job, stopped.reason);
    else await failAttempt(adapters, job, failureOf(stopped));
  };
}

/** Ended from outside (a signal, a lost host) and not because it took too long: another try may succeed. */
function isLost({ exit_code, reason }: ComputeStopped): boolean {
  if (/timed?[ _]?out/i.test(reason)) return false;
  return exit_code === null || exit_code > SIGNALLED;
}

function failureOf({ exit_code, reason }: ComputeStopped): string {
  if (exit_code === 0) return 'The trainer ended without a result';
  if (exit_code === null) return `The trainer was ended: ${reason}`;
  return `The trainer crashed with exit code ${exit_code}: ${reason}`;
}
