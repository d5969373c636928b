/** From a file to a fitted network: once for a model, and once for each part of a cross-validation before. */

import { blobKeys } from '#domain/blob-keys.ts';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { warningLine } from '#domain/datasets/warnings.ts';
import { RECORDED_BYTES } from '#learning/columns/layout.ts';
import { type FileBytes, StoredBytes } from '#learning/files/file-bytes.ts';
import { learnerOf } from '#learning/fit/fit.ts';
import { moreOf } from '#learning/fit/judge.ts';
import { type Settled, withOptions } from '#learning/fit/options.ts';
import { type Preparation, shapeOf } from '#learning/fit/task.ts';
import type { Kind } from '#learning/kind.ts';
import type { Prepared } from '#learning/prepared.ts';
import type { RowThread } from '#learning/row-thread.ts';
import { openSource } from '#learning/source.ts';
import { startingWeights } from '#learning/start/weights.ts';
import type { Fold } from '#learning/table/split-sizes.ts';
import type { Family } from '#zoo/family.ts';
import type { CommonHyperparameters } from '#zoo/hyperparameters.ts';
import { type FitJob, type FittedJob, fitJob, type Part } from './fit-job.ts';
import type { StartingModel } from './start-from.ts';

export interface FitData {
  readonly run: FitJob;
  readonly profile: DatasetProfile;
  readonly family: Family;
  readonly hyperparameters: CommonHyperparameters;
  readonly kind: Kind;
  readonly start: StartingModel | undefined;
  /** What works on the rows beside the trainer's own thread. */
  readonly thread: RowThread | undefined;
  /** Whether data that do not fit into memory may be put into the folder. */
  readonly hasDisk: boolean;
}

export interface FitPart {
  /** An empty folder, which the caller deletes. */
  readonly folder: string;
  readonly part: Part;
  /** Which rows are for validation. Default: as many as the job says. */
  readonly fold?: Fold;
}

export interface FittedData extends FittedJob {
  readonly prepared: Prepared;
  readonly settled: Settled;
}

/** Throws `TrainingFailure`, `Interrupted`, and `Ended` if the job is no longer this trainer's. */
export async function fitData(of: FitData, { folder, part, fold }: FitPart): Promise<FittedData> {
  const { run, profile, family, hyperparameters, kind, start, thread, hasDisk } = of;
  const { adapters, job, reporter } = run;
  const file = await StoredBytes.open(adapters.blobs.datasets, blobKeys.datasetFile(job.account_id, job.dataset_id));
  const columns = await columnsOf(run, file.size);
  const prepared = await kind.prepare(openSource(reporter.duringFile(file), { folder }), profile, {
    wanted: family.wanted?.(hyperparameters, start && ((name) => start.weights.get(name)?.shape)) ?? {},
    validationSplit: job.validation_split,
    testSplit: job.test_split ?? 0,
    seed: hyperparameters.seed,
    split: job.split,
    between: () => reporter.expectMore(),
    threads: run.options.threads ?? 1,
    thread,
    ...(columns ? { columns } : {}),
    ...(start?.table ? { start: start.table } : {}),
    ...(fold ? { fold } : {}),
    ...(hasDisk ? { scratch: { folder } } : {}),
  });
  const { preparation, data } = prepared;
  if (!fold) for (const warning of prepared.warnings) run.jobLog.tell('WARN', warningLine(warning));
  const initial = start ? await startOf(of, start, preparation) : undefined;
  const learner = { ...learnerOf({ family, hyperparameters, preparation }), ...(initial ? { initial } : {}) };
  const settled = await withOptions(learner, { hyperparameters, preparation, data, device: run.device });
  if (hyperparameters.weight_decay === 'auto' && !fold)
    run.jobLog.tell(
      'INFO',
      `weight_decay auto is ${settled.weightDecay.toPrecision(3)}, by ${prepared.rows.training} rows to learn from`,
    );
  const fitted = await fitJob(run, {
    ...settled,
    ...{ preparation, data, part, thread },
    more: moreOf(preparation.task, job.early_stopping.monitor),
    dataName: `${dataNameOf(of)}${fold ? `, part ${fold.index + 1} of ${fold.of}` : ''}`,
  });
  return { ...fitted, prepared, settled };
}

/** What the reading of a large file has recorded. What the store throws is no fault of the job: the file itself is read. */
async function columnsOf({ adapters, job, reporter }: FitJob, bytes: number): Promise<FileBytes | undefined> {
  if (bytes < RECORDED_BYTES) return undefined;
  try {
    const key = blobKeys.datasetColumns(job.account_id, job.dataset_id);
    return reporter.duringFile(await StoredBytes.open(adapters.blobs.datasets, key));
  } catch {
    return undefined;
  }
}

/** Identifies the data of a job and what it starts from. */
export const dataNameOf = ({ profile, run: { job } }: Pick<FitData, 'profile' | 'run'>): string => {
  const start = job.parent_id === undefined ? '' : `, from ${job.parent_id}`;
  return `SHA-256 ${profile.sha256}, target ${profile.target}, kept back ${job.validation_split} and ${job.test_split ?? 0}${start}`;
};

async function startOf({ run, family, hyperparameters }: FitData, start: StartingModel, preparation: Preparation) {
  const keepsHead = start.classes === undefined || isSame(start.classes, preparation.classes);
  const shape = shapeOf(preparation);
  const { parameters, drawn } = await startingWeights(start.weights, { family, hyperparameters, shape, keepsHead });
  run.jobLog.tell('INFO', `the training starts from ${start.name}`);
  if (drawn.length > 0) {
    run.jobLog.tell('WARN', `drawn anew, because its classes are others: ${drawn.join(', ')}`);
  }
  return parameters;
}

const isSame = (a: readonly string[], b: readonly string[]): boolean => JSON.stringify(a) === JSON.stringify(b);
