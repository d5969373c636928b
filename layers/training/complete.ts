import { createHash } from 'node:crypto';
import { blobKeys } from '#domain/blob-keys.ts';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { carriedWarnings, type DatasetWarning } from '#domain/datasets/warnings.ts';
import { newId } from '#domain/ids.ts';
import { type Completed, completeJob } from '#domain/models/change.ts';
import { deleteOrphans, markOrphaned } from '#domain/orphans.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { isoTime } from '#domain/times.ts';
import { completeTrial } from '#domain/training/endings.ts';
import type { ComputeUsage, Job, StopReason } from '#domain/training/record.ts';
import type { Artifacts } from '#learning/artifacts.ts';
import type { Evaluation } from '#learning/assess/evaluation.ts';
import { TrainingFailure } from '#learning/failure.ts';
import type { History } from '#learning/fit/fit.ts';
import { undefinedMetric } from './fit-job.ts';
import { Ended, type Reporter } from './reporter.ts';

/** How long files may be without a model before the sweep deletes them. */
const ARTIFACT_GRACE_MS = 3_600_000;

/** What a training has made. */
export interface Trained {
  readonly artifacts: Artifacts;
  readonly history: History;
  /** What it found out about the data, beside what the profile says. */
  readonly warnings?: readonly DatasetWarning[];
  /** How good the model is. Absent for models of texts, which have an evaluation of their own. */
  readonly evaluation?: Evaluation;
  /** RFC 3339. */
  readonly createdAt: string;
  /** Why not all epochs were run. */
  readonly stopReason: StopReason | undefined;
}

export interface Made extends Trained {
  readonly profile: DatasetProfile;
  readonly reporter: Reporter;
}

/**
 * Writes the files of a model and completes the job with it.
 * @throws Ended if the job is no longer this trainer's; the files are deleted again
 * @throws TrainingFailure if a trial has no score
 */
export async function completeWith(
  { table, blobs, now }: Pick<Adapters, 'table' | 'blobs' | 'now'>,
  job: Job,
  {
    artifacts: { files, record },
    profile,
    warnings: found = [],
    history,
    evaluation,
    createdAt,
    reporter,
    stopReason,
  }: Made,
): Promise<Pick<Completed, 'events'>> {
  if (!(await reporter.flush())) throw new Ended();
  if (job.trial !== undefined)
    return completeOfSweep(table, job, { record, history, stopReason, usage: reporter.usage }, now());
  const id = newId(now());
  const prefix = blobKeys.modelPrefix(job.account_id, id);
  await table.transact([markOrphaned('artifacts', prefix, now() + ARTIFACT_GRACE_MS)]);
  const put = (key: string, value: object) =>
    blobs.artifacts.put(key, Buffer.from(JSON.stringify(value)), { contentType: 'application/json' });
  // At once: each waits for a disk, or for a store that is far away.
  await Promise.all([
    ...files.map(({ file, bytes, contentType }) =>
      blobs.artifacts.put(blobKeys.modelFile(job.account_id, id, file), bytes, { contentType }),
    ),
    put(blobKeys.jobHistory(job.account_id, job.id), history),
    ...(evaluation ? [put(blobKeys.jobEvaluation(job.account_id, job.id), evaluation)] : []),
  ]);
  const warnings = carriedWarnings([...found, ...(profile.warnings ?? [])]);
  const completed = await completeJob(
    table,
    job,
    {
      ...lastEpoch(history),
      warnings,
      ...(stopReason === undefined ? {} : { stop_reason: stopReason }),
      ...reporter.usage,
    },
    {
      ...record,
      id,
      account_id: job.account_id,
      name: job.model_name,
      model_type: job.model_type,
      task: job.task,
      ...(job.parent_id === undefined ? {} : { parent_id: job.parent_id }),
      job_id: job.id,
      dataset_id: job.dataset_id,
      ...(job.dataset_version === undefined ? {} : { dataset_version: job.dataset_version }),
      dataset_sha256: profile.sha256,
      warnings,
      target: profile.target,
      hyperparameters: job.hyperparameters,
      artifacts: files.map(({ file, bytes }) => ({ file, size: bytes.length, sha256: sha256(bytes) })),
      created_at: createdAt,
    },
    isoTime(now()),
  );
  if (completed) return completed;
  await deleteOrphans(table, blobs.artifacts, 'artifacts', prefix);
  throw new Ended();
}

/** The number of epochs, and the metrics of the last one. */
const lastEpoch = (history: History): Pick<Job, 'current_epoch' | 'metrics'> => ({
  current_epoch: history.loss?.length ?? 0,
  metrics: Object.fromEntries(Object.entries(history).map(([name, values]) => [name, values.at(-1)!])),
});

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface TrialMade extends Pick<Trained, 'history' | 'stopReason'> {
  readonly record: Artifacts['record'];
  readonly usage: Partial<ComputeUsage>;
}

/** A trial of a sweep makes no model: its score says whether it is trained again for one. */
async function completeOfSweep(
  table: Table,
  job: Job,
  made: TrialMade,
  now: number,
): Promise<Pick<Completed, 'events'>> {
  const { record, history, stopReason, usage } = made;
  const { monitor } = job.early_stopping;
  if (history.loss?.length && !(monitor in history)) throw new TrainingFailure(undefinedMetric(monitor));
  const epoch = Math.max(1, Number(record.training_config.best_epoch));
  const last = {
    ...{ ...lastEpoch(history), ...usage, final_metrics: record.final_metrics },
    ...(stopReason === undefined ? {} : { stop_reason: stopReason }),
    score: history[monitor]?.[epoch - 1],
  };
  if (!(await completeTrial(table, job, last, isoTime(now)))) throw new Ended();
  return { events: [] };
}
