/** A job of AWS Batch has ended: what Batch says of it, as the `compute.stopped` that every host has. */
import type { EventBridgeEvent } from 'aws-lambda';
import { z } from 'zod';
import { type TaskRecord, TaskRecords } from '#aws/compute/task-records.ts';
import { CAPACITY, unplacedFailure, unplacedReason } from '#aws/compute/unplaced.ts';
import { type ComputeStopped, NO_MACHINE } from '#domain/messages.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { INTERRUPTED_EXIT_CODE } from '#domain/training/attempts.ts';
import type { Log } from '#functions/http/contract.ts';

/** Of Batch's "Batch Job State Change", what matters here. */
const jobStateChange = z.object({
  jobName: z.string(),
  jobId: z.string(),
  status: z.string(),
  statusReason: z.string().optional(),
  container: z.object({ exitCode: z.number().int().optional(), reason: z.string().optional() }).optional(),
});
type JobStateChange = z.infer<typeof jobStateChange>;

const ENDED = new Set(['SUCCEEDED', 'FAILED']);

/** Exit codes by which a container says that a signal ended its program. */
const SIGNALLED = 128;

/** Ended from outside, and not by what the program itself did. */
const isFromOutside = (exitCode: number | undefined): boolean =>
  exitCode === undefined || exitCode > SIGNALLED || exitCode === INTERRUPTED_EXIT_CODE;

type BatchStoppedAdapters = Pick<Adapters, 'table' | 'events' | 'now'>;

/**
 * While Batch runs a job again, as the rules of its definition say, it tells of `RUNNABLE`, `STARTING` and `RUNNING` once
 * more; `FAILED` comes when it has given up. Batch may tell twice; what is told of a task that is on record as ended, or of
 * a job that is not the task's, is dropped.
 */
export function makeHandler(adapters: BatchStoppedAdapters, { logger }: { readonly logger: Log }) {
  const records = new TaskRecords(adapters.table, adapters.now);
  return async (event: EventBridgeEvent<string, unknown>): Promise<void> => {
    const change = jobStateChange.parse(event.detail);
    if (!ENDED.has(change.status)) return;
    // Whoever submitted it may have died before it could say so.
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
  // Whatever an earlier container of it left, which made room for instance, is not how it ended.
  const unplaced = unplacedReason(statusReason) ?? (code !== 0 && stop_reason === NO_MACHINE ? CAPACITY : undefined);
  if (unplaced !== undefined) {
    const failure = unplacedFailure(unplaced, record.target === 'gpu' ? 'gpu' : 'cpu');
    return { task: id, job_id, attempt, exit_code: null, reason: NO_MACHINE, failure };
  }
  const said = stop_reason !== undefined && code !== 0 ? stop_reason : reasonOf(code, exitCode, statusReason, reason);
  return { task: id, job_id, attempt, exit_code: code, reason: said };
}

/** By what Batch says; a reason that begins with `host_` is nobody's fault and does not count as one of the job's attempts. */
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
