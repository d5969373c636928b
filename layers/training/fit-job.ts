/** Fits a job's network: with reports, a budget, and checkpoints. */
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Job, StopReason } from '#domain/training/record.ts';
import type { Device } from '#engine/run.ts';
import { type Fit, fitLearner, type LearnerFit } from '#learning/fit/fit.ts';
import type { CheckpointFile } from './checkpoints.ts';
import type { JobLog } from './job-log.ts';
import { Ended, Interrupted, type Reporter } from './reporter.ts';

export interface FitJob {
  readonly adapters: Pick<Adapters, 'table' | 'blobs' | 'events' | 'now'>;
  readonly job: Job;
  readonly reporter: Reporter;
  readonly jobLog: JobLog;
  readonly checkpoint: CheckpointFile;
  readonly device: Device;
  readonly options: {
    /** Once it is aborted, the fit saves a checkpoint after the current chunk and ends. */
    readonly signal?: AbortSignal;
    /** Milliseconds from one checkpoint to the next. */
    readonly checkpointMs?: number;
    /** How many threads work on the rows of a large table. Default: 1. */
    readonly threads?: number;
    /** The memory that there is. Default: as much as is needed. */
    readonly memoryBytes?: number;
  };
}

type Of = Pick<LearnerFit, 'learner' | 'hyperparameters' | 'preparation' | 'data' | 'bestBy' | 'more' | 'thread'> & {
  /** Identifies the data and their split; see `Checkpoints`. */
  readonly dataName: string;
  /** Of a job that fits several networks: how many are done, of how many. Default: it fits one. */
  readonly part?: Part;
};

export interface Part {
  readonly done: number;
  readonly of: number;
}

export interface FittedJob {
  readonly fit: Fit;
  /** Why not all epochs were run. */
  readonly stopReason: StopReason | undefined;
}

/** Throws `TrainingFailure`, `Interrupted`, and `Ended` if the job is no longer this trainer's. */
export async function fitJob(run: FitJob, { dataName, part = { done: 0, of: 1 }, ...of }: Of): Promise<FittedJob> {
  const { job, reporter, jobLog, checkpoint, device } = run;
  const { signal, checkpointMs, memoryBytes } = run.options;
  const last = isFirstRun(job) ? undefined : await checkpoint.read();
  let enough: StopReason | undefined;
  const fit = await fitLearner({
    ...of,
    device,
    // A GPU has memory of its own.
    ...(memoryBytes === undefined || device !== 'cpu' ? {} : { memoryBytes }),
    earlyStopping: job.early_stopping,
    now: () => performance.now(),
    async report(progress) {
      await jobLog.progress(progress, job.total_epochs);
      return reporter.report({ ...progress, fraction: (part.done + progress.fraction) / part.of });
    },
    isEnough() {
      enough ??= reporter.enough;
      return enough !== undefined;
    },
    checkpoints: {
      data: dataName,
      ...(last ? { last } : {}),
      keep: (file) => checkpoint.keep(file, reporter),
      ...(checkpointMs === undefined ? {} : { everyMs: checkpointMs }),
      ...(signal ? { signal } : {}),
      onResume: (from) =>
        'refused' in from
          ? jobLog.log('WARN', 'checkpoint not used, training from the start', { reason: from.refused })
          : jobLog.log('INFO', 'resumed', from),
    },
  });
  if (!fit) throw reporter.isOver ? new Ended() : new Interrupted();
  const epochs = fit.history.loss?.length ?? 0;
  const stopReason = epochs < job.total_epochs ? (enough ?? 'early_stopping') : undefined;
  const why = stopReason === undefined ? '' : `, stopped by ${stopReason}`;
  jobLog.tell('INFO', `trained ${epochs} epochs${why}; the best is epoch ${fit.bestEpoch}`);
  const { enabled, monitor } = job.early_stopping;
  if (enabled && of.bestBy === undefined && epochs > 0 && fit.monitor !== monitor)
    jobLog.tell('WARN', `${undefinedMetric(monitor)}: ${fit.monitor} decided which epoch is the best`);
  await jobLog.flush();
  return { fit, stopReason };
}

export const undefinedMetric = (name: string): string =>
  `${name} is undefined on the rows, as ROC AUC is where a class is not among them`;

const isFirstRun = ({ attempt, run = 1 }: Job): boolean => attempt === 1 && run === 1;
