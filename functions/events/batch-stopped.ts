/** An AWS Batch job has ended: publishes it as `compute.stopped`, as every host does. */
import type { EventBridgeEvent } from 'aws-lambda';
import { z } from 'zod';
import { type TaskRecord, TaskRecords } from '#aws/compute/task-records.ts';
import { CAPACITY, unplacedFailure, unplacedReason } from '#aws/compute/unplaced.ts';
import { type ComputeStopped, NO_MACHINE } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { INTERRUPTED_EXIT_CODE } from '#domain/training/attempts.ts';
import type { Log } from '#functions/http/contract.ts';

/** The relevant fields of Batch's event "Batch Job State Change". */
const jobStateChange = z.object({
  jobName: z.string(),
  jobId: z.string(),
  status: z.string(),
  statusReason: z.string().optional(),
  container: z.object({ exitCode: z.number().int().optional(), reason: z.string().optional() }).optional(),
});
type JobStateChange = z.infer<typeof jobStateChange>;

const ENDED = new Set(['SUCCEEDED', 'FAILED']);

/** A container's exit code above this means that a signal ended its program. */
const SIGNALLED = 128;

/** Ended from outside, not by the program itself. */
const isFromOutside = (exitCode: number | undefined): boolean =>
  exitCode === undefined || exitCode > SIGNALLED || exitCode === INTERRUPTED_EXIT_CODE;

type BatchStoppedAdapters = Pick<Adapters, 'table' | 'events' | 'now'>;

/**
 * When Batch retries a job, it sends `RUNNABLE`, `STARTING` and `RUNNING` again; `FAILED` comes only after the last
 * retry. Batch may send an event twice. Events about a task that is recorded as ended, or about a job that is not the
 * task's, are ignored.
 */
export function makeHandler(adapters: BatchStoppedAdapters, { logger }: { readonly logger: Log }) {
  const records = new TaskRecords(adapters.table, adapters.now);
  return async (event: EventBridgeEvent<string, unknown>): Promise<void> => {
    const change = jobStateChange.parse(event.detail);
    if (!ENDED.has(change.status)) return;
    // The submitter may have crashed before recording the job's id.
    const record = await records.attach(change.jobName, change.jobId);
    if (!record || record.ended_at !== undefined) return;
    const stopped = stoppedOf(record, change);
    logger.info('batch job ended', { ...stopped, batch_id: change.jobId, status_reason: change.statusReason });
    await adapters.events.publish({ type: 'compute.stopped', account: record.account_id, detail: { ...stopped } });
    await records.end(record.id, stopped.exit_code);
  };
}

function stoppedOf(record: TaskRecord, { status, statusReason = '', container = {} }: JobStateChange): ComputeStopped {
  const { exitCode, reason = '' } = container;
  const code = status === 'SUCCEEDED' ? 0 : isFromOutside(exitCode) ? null : exitCode!;
  const { id, job_id, attempt, stop_reason } = record;
  // The exit code may be that of an earlier container, for example of one that was interrupted.
  const unplaced = unplacedReason(statusReason) ?? (code !== 0 && stop_reason === NO_MACHINE ? CAPACITY : undefined);
  if (unplaced !== undefined) {
    const failure = unplacedFailure(unplaced, record.target === 'gpu' ? 'gpu' : 'cpu');
    return { task: id, job_id, attempt, exit_code: null, reason: NO_MACHINE, failure };
  }
  const stopped =
    stop_reason !== undefined && code !== 0 ? stop_reason : reasonOf(code, exitCode, statusReason, reason);
  return { task: id, job_id, attempt, exit_code: code, reason: stopped };
}

/**
 * Derived from Batch's status. An attempt with a reason that begins with `host_` does not count towards the maximum.
 */
function reasonOf(code: number | null, exitCode: number | undefined, status: string, container: string): string {
  if (code === 0) return 'completed';
  if (/^Host EC2/.test(status)) return 'host_reclaimed';
  if (/timeout/i.test(status)) return 'timed_out';
  if (code !== null) return /OutOfMemory/.test(container) ? `failed: ${container}` : 'failed';
  if (/OutOfMemory/.test(container)) return `out of memory: ${container}`;
  if (exitCode === INTERRUPTED_EXIT_CODE) return 'interrupted';
  if (exitCode !== undefined) return `killed by signal ${exitCode - SIGNALLED}`;
  return container || status || 'lost';
}
