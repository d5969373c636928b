/** Schedule: finds and repairs what crashes left half-done. Every repair is idempotent. */
import { expireEnded } from '#domain/expiry.ts';
import { measureStorage } from '#domain/installation/storage.ts';
import { keys } from '#domain/keys.ts';
import { NO_MACHINE } from '#domain/messages.ts';
import { deleteOrphans, dueOrphans } from '#domain/orphans.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { removeLogDay } from '#domain/prediction-log/remove.ts';
import { isResendDue, noteResend } from '#domain/resent.ts';
import type { Settings } from '#domain/settings.ts';
import { isoTime } from '#domain/times.ts';
import { awaitHost, isActive, taskId } from '#domain/training/attempts.ts';
import { listActive } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { uncountRevision } from '#domain/vault/stored-bytes.ts';
import type { Log } from '#functions/http/contract.ts';
import { advanceSweeps } from './advance-sweep.ts';
import { type BatchThresholds, sweepBatches } from './sweep-batches.ts';
import { type DatasetThresholds, sweepDatasets } from './sweep-datasets.ts';
import { sweepDeletions } from './sweep-deletions.ts';
import { type OutboxThresholds, sweepOutbox } from './sweep-outbox.ts';
import { attemptLost, failAttempt, sendTraining } from './training-attempts.ts';

/** Milliseconds. */
export interface SweepThresholds extends OutboxThresholds, DatasetThresholds, BatchThresholds {
  /**
   * A queued job without a heartbeat for so long, and that Compute does not have, has lost its message. The message is
   * sent again, later each time.
   */
  readonly queued: number;
  /** A queued job that could not be submitted to Compute for so long fails. */
  readonly unsubmitted: number;
  /** A running job without a heartbeat for so long, and that Compute does not run, has lost its trainer. */
  readonly heartbeat: number;
  /** A queued job that is first in the queue and has had no machine for so long fails. */
  readonly unplaced: number;
  /** A trainer without a heartbeat for so long hangs, even if Compute still runs it. */
  readonly hung: number;
}

const MINUTE = 60_000;
const THRESHOLDS: Omit<SweepThresholds, 'unplaced'> = {
  queued: 5 * MINUTE,
  unsubmitted: 24 * 60 * MINUTE,
  heartbeat: 2 * MINUTE,
  hung: 15 * MINUTE,
  processing: 5 * MINUTE,
  unreadable: 24 * 60 * MINUTE,
  waiting: 5 * MINUTE,
  unmade: 24 * 60 * MINUTE,
  unpublished: MINUTE,
  refused: 24 * 60 * MINUTE,
};

const ORPHANS_AT_ONCE = 100;

type SweepAdapters = Pick<Adapters, 'table' | 'blobs' | 'backupCopies' | 'queues' | 'events' | 'compute' | 'now'>;
type SweepContext = SweepAdapters & {
  readonly logger: Log;
  readonly caps: Partial<Settings['caps']>;
  readonly jobDays: number;
};

export interface SweepOptions {
  readonly logger: Log;
  readonly settings: Pick<Settings, 'waitingSeconds'> & {
    readonly caps?: Partial<Settings['caps']>;
    readonly retention?: Pick<Settings['retention'], 'jobDays'>;
  };
  readonly thresholds?: Partial<SweepThresholds>;
}

export function makeHandler(adapters: SweepAdapters, options: SweepOptions) {
  const unplaced = options.settings.waitingSeconds * 1000;
  const thresholds = { ...THRESHOLDS, unplaced, ...options.thresholds };
  const { caps = {}, retention: { jobDays } = { jobDays: 0 } } = options.settings;
  const context = { ...adapters, logger: options.logger, caps, jobDays };
  return async (): Promise<void> => {
    const gaps = [
      ...[sweepJobs, advanceSweeps, sweepDatasets, sweepBatches, sweepOrphans, sweepOutbox, sweepDeletions],
      (of: SweepContext) => measureStorage(of, of.caps),
      sweepEnded,
    ];
    // One sweep that fails does not stop the others.
    const results = await Promise.allSettled(gaps.map((gap) => gap(context, thresholds)));
    const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    if (failed.length > 0) throw new AggregateError(failed, `${failed.length} of ${gaps.length} sweeps failed`);
  };
}

async function sweepJobs(context: SweepContext, thresholds: SweepThresholds): Promise<void> {
  for (const job of await listActive(context.table)) {
    const silent = context.now() - Date.parse(job.heartbeat_at ?? job.created_at);
    const sweep = job.status === 'queued' ? sweepQueued : sweepRunning;
    const done = await sweep(context, job, silent, thresholds);
    if (done) context.logger.warn('swept a job', { job_id: job.id, attempt: job.attempt, status: job.status, done });
  }
}

async function sweepQueued(context: SweepContext, job: Job, silent: number, thresholds: SweepThresholds) {
  if (silent < thresholds.queued) return undefined;
  const state = job.attempt === 0 ? 'unknown' : await context.compute.describe(taskId(job));
  if (state === 'running') return undefined;
  if (state === 'pending' || state === 'unplaced') return sweepWaiting(context, job, state, thresholds);
  if (silent >= thresholds.unsubmitted) {
    await failAttempt(context, job, 'The training could not be started within a day');
    return 'failed it';
  }
  if (!isResendDue(job, context.now() - silent, context.now(), thresholds.queued)) return undefined;
  await sendTraining(context, job);
  await noteResend(context.table, keys.job(job.account_id, job.id), job, context.now(), isActive);
  return 'sent its message again';
}

/**
 * A task may wait for a host for days, at first or after its host was reclaimed; its time limit counts from its start.
 * The limit for waiting counts from when the task is first in the queue.
 */
async function sweepWaiting(
  { table, compute, now }: SweepContext,
  job: Job,
  state: 'pending' | 'unplaced',
  { unplaced }: SweepThresholds,
) {
  const since = state === 'unplaced' ? (job.unplaced_since ?? job.heartbeat_at ?? job.created_at) : undefined;
  if (since !== undefined && now() - Date.parse(since) >= unplaced) {
    await compute.terminate(taskId(job), NO_MACHINE);
    return 'gave up waiting for a machine';
  }
  await awaitHost(table, job, isoTime(now()), since);
  return undefined;
}

async function sweepRunning(context: SweepContext, job: Job, silent: number, thresholds: SweepThresholds) {
  const { heartbeat, hung } = thresholds;
  if (silent < heartbeat) return undefined;
  const state = await context.compute.describe(taskId(job));
  if (state === 'pending' || state === 'unplaced') return sweepWaiting(context, job, state, thresholds);
  if (state === 'running') {
    if (silent < hung) return undefined;
    await context.compute.terminate(taskId(job), 'no heartbeat');
    return 'ended its trainer, which hangs';
  }
  const outcome = await attemptLost(context, job, 'no heartbeat');
  return outcome === 'again' ? 'asked for another attempt' : 'failed it';
}

async function sweepEnded({ table, now, logger, jobDays }: SweepContext): Promise<void> {
  const expired = await expireEnded(table, jobDays, now());
  if (expired > 0) logger.info('deleted what ended long ago', { expired });
}

async function sweepOrphans({ table, blobs, now, logger }: SweepContext): Promise<void> {
  for (const mark of await dueOrphans(table, now(), ORPHANS_AT_ONCE)) {
    const { bucket, prefix } = mark;
    if (bucket === 'artifacts') await removeLogDay(table, prefix);
    await uncountRevision(table, mark);
    await deleteOrphans(table, blobs[bucket], bucket, prefix);
    logger.info('collected garbage', { bucket, prefix });
  }
}
