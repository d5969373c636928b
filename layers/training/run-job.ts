/**
 * One run of an attempt at a job, from its record to its model:
 *
 *     started ── read, split, encode ── fit ── mark ── files ── completed, model, mark cleared
 *                                        └ checkpoint, from time to time
 *
 * The trainer may be killed at any point: the next one resumes from the checkpoint, or begins from the start if there
 * is none, and trains the same model.
 */

import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { readStoredProfile } from '#domain/datasets/read-profile.ts';
import { carriedWarnings, warningLine } from '#domain/datasets/warnings.ts';
import { DamagedFileError } from '#domain/errors.ts';
import { publishEvent, type Warn } from '#domain/events/outbox.ts';
import type { Completed } from '#domain/models/change.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { isoTime } from '#domain/times.ts';
import { startJob } from '#domain/training/attempts.ts';
import { failJob } from '#domain/training/endings.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { type FoundDevice, findDevice as findBestDevice } from '#engine/device.ts';
import { TrainingFailure } from '#learning/failure.ts';
import { withWarningsFor } from '#learning/read-warnings.ts';
import { families } from '#zoo/registry.ts';
import { CheckpointFile } from './checkpoints.ts';
import { completeWith } from './complete.ts';
import { chooseDevice } from './device.ts';
import type { FitJob } from './fit-job.ts';
import { JobLog } from './job-log.ts';
import type { Log } from './log.ts';
import { namingDamage } from './naming-damage.ts';
import { Ended, Interrupted, Reporter } from './reporter.ts';
import { trainModel } from './train-model.ts';
import { trainText } from './train-text.ts';

export type TrainerAdapters = Pick<Adapters, 'table' | 'blobs' | 'events' | 'now'>;

export interface Attempt {
  readonly accountId: string;
  readonly jobId: string;
  readonly attempt: number;
  /** Which run of the attempt. Default: 1. */
  readonly run?: number;
}

export interface RunOptions {
  readonly log: Log;
  /** Once it is aborted, the trainer saves a checkpoint after the current chunk and exits. */
  readonly signal?: AbortSignal;
  /** Milliseconds from one checkpoint to the next. Default: that of `fitNetwork`. */
  readonly checkpointMs?: number;
  /** A folder on a disk, for data that do not fit into memory; without it such data are refused. */
  readonly disk?: string;
  /** The memory of a trainer, for an estimate before it trains. Default: no estimate. */
  readonly memoryBytes?: number;
  /** How many threads read a large table. Default: 1. */
  readonly threads?: number;
  /** The price of the machine that this runs on. Default: 0. */
  readonly dollarsPerSecond?: number;
  /** Default: asks the runtime. */
  readonly findDevice?: () => Promise<FoundDevice>;
}

/**
 * `ended`: the job was stopped or another trainer has taken over; nothing was written. `interrupted`: the signal was
 * aborted, and the next run or attempt resumes.
 */
export type Outcome = 'completed' | 'failed' | 'ended' | 'interrupted';

/** Throws errors that are caused by neither the data nor the settings: the attempt has crashed. */
export async function runJob(adapters: TrainerAdapters, of: Attempt, options: RunOptions): Promise<Outcome> {
  const { table, blobs, now } = adapters;
  const { run = 1 } = of;
  const { findDevice = () => findBestDevice() } = options;
  const jobLog = new JobLog(adapters, { ...of, run }, options.log);
  const { log } = jobLog;
  const before = await findJob(table, of.accountId, of.jobId);
  if (!before || before.attempt !== of.attempt) return 'ended';
  const chosen = await chooseDevice(before, findDevice, log);
  const started = await startJob(table, before, { run, ...chosen }, isoTime(now()));
  if (!started) return 'ended';
  const { job, event } = started;
  if (event) await publishEvent(adapters, event, warningsOf(log));
  const reporter = new Reporter(adapters, job, { ...options, log });
  const checkpoint = new CheckpointFile(blobs.artifacts, job, log);
  jobLog.tell('INFO', `training begins: attempt ${of.attempt}, run ${run}`);
  const outcome = await settled(adapters, job, { reporter, jobLog }, () =>
    train({ adapters, job, reporter, jobLog, checkpoint, device: chosen.device, options }, options.disk),
  );
  await jobLog.flush();
  if (await hasEnded(table, job, outcome)) await checkpoint.remove();
  return outcome;
}

/** Runs the training and records its outcome. */
async function settled(
  adapters: TrainerAdapters,
  job: Job,
  { reporter, jobLog }: { readonly reporter: Reporter; readonly jobLog: JobLog },
  run: () => Promise<Pick<Completed, 'events'>>,
): Promise<Outcome> {
  const { table, now } = adapters;
  const { log } = jobLog;
  try {
    const { events } = await run();
    for (const event of events) await publishEvent(adapters, event, warningsOf(log));
    return 'completed';
  } catch (error) {
    if (error instanceof Ended) return 'ended';
    if (error instanceof Interrupted) {
      jobLog.tell('WARN', 'interrupted: the next run continues from the checkpoint');
      return 'interrupted';
    }
    if (!(error instanceof TrainingFailure)) {
      // What it was is for the operator, whose log has it.
      jobLog.tell('ERROR', 'the trainer crashed');
      await jobLog.flush();
      throw error;
    }
    // The job's failure tells the owner what to do; the log also has the cause.
    log('WARN', error.message, error.cause instanceof Error ? { cause: error.cause.message } : {});
    // A reader who sees the end of the job sees all lines about it.
    await jobLog.flush();
    const event = await failJob(table, job, error, isoTime(now()), reporter.usage);
    if (!event) return 'ended';
    await publishEvent(adapters, event, warningsOf(log));
    return 'failed';
  }
}

const warningsOf =
  (log: Log): Warn =>
  (message, about) =>
    log('WARN', message, about);

/** Whether the job itself has ended: a trainer also exits when another one has taken over. */
async function hasEnded(table: Table, job: Job, outcome: Outcome): Promise<boolean> {
  if (outcome !== 'ended') return outcome !== 'interrupted';
  const status = (await findJob(table, job.account_id, job.id))?.status;
  return status !== 'queued' && status !== 'running';
}

/** Throws `TrainingFailure`, `Interrupted`, and `Ended` if the job is no longer this trainer's. */
async function train(run: FitJob, disk: string | undefined): Promise<Pick<Completed, 'events'>> {
  const { adapters, job, reporter } = run;
  const profile = withWarningsFor(families[job.model_type], await readProfile(adapters, job));
  for (const warning of carriedWarnings(profile.warnings)) run.jobLog.tell('WARN', warningLine(warning));
  const trained = await namingDamage(run, profile, () =>
    job.kind === 'text' ? trainText(run, profile) : trainModel(run, profile, disk),
  );
  return completeWith(adapters, job, { ...trained, profile, reporter });
}

/** Throws `TrainingFailure` if it is damaged. */
async function readProfile({ blobs }: TrainerAdapters, { account_id, dataset_id: id }: Job): Promise<DatasetProfile> {
  try {
    return await readStoredProfile(blobs.datasets, { account_id, id });
  } catch (error) {
    throw error instanceof DamagedFileError ? new TrainingFailure(error.message, { cause: error }) : error;
  }
}
