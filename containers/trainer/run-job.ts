/**
 * One attempt at a job, from its record to its model:
 *
 *     started ── read, split, encode ── fit ── note ── files ── completed, model, note dropped
 *
 * After each arrow the trainer may be killed: another attempt begins from the start and reaches the same model.
 */
import { createHash } from 'node:crypto';
import { json } from 'node:stream/consumers';
import { collectGarbage, noteGarbage } from '#domain/garbage.ts';
import { newId } from '#domain/ids.ts';
import { failJob, findJob, type Job, startJob } from '#domain/jobs.ts';
import { blobKeys } from '#domain/keys.ts';
import { completeJob, type Model } from '#domain/models.ts';
import type { Adapters } from '#domain/ports.ts';
import { type DatasetProfile, datasetProfile } from '#domain/profile.ts';
import { isoTime } from '#domain/times.ts';
import { trainingEvents } from '#domain/training-events.ts';
import { type Artifacts, makeArtifacts } from '#learning/artifacts.ts';
import { TrainingFailure } from '#learning/failure.ts';
import { fitNetwork, type History } from '#learning/fit/fit.ts';
import { prepare } from '#learning/prepare.ts';
import { families } from '#zoo/registry.ts';
import { Ended, Reporter } from './reporter.ts';

export type TrainerAdapters = Pick<Adapters, 'table' | 'blobs' | 'events' | 'now'>;

export interface Attempt {
  readonly accountId: string;
  readonly jobId: string;
  readonly attempt: number;
}

/** `ended`: the job was stopped or given to another attempt; nothing was written. */
export type Outcome = 'completed' | 'failed' | 'ended';

/** How long files may lie without a model before the sweep deletes them. */
const ARTIFACT_GRACE_MS = 3_600_000;

/**
 * Errors that are neither the data's nor the settings' are thrown: the attempt has crashed. A signal that is aborted
 * ends the attempt at its next chunk, with nothing written.
 */
export async function runJob(adapters: TrainerAdapters, of: Attempt, signal?: AbortSignal): Promise<Outcome> {
  const { table, events, now } = adapters;
  const queued = await findJob(table, of.accountId, of.jobId);
  if (!queued || queued.attempt !== of.attempt) return 'ended';
  const job = await startJob(table, queued, 'cpu', isoTime(now()));
  if (!job) return 'ended';
  await events.publish(trainingEvents.started(job));
  try {
    const model = await train(adapters, job, signal);
    await events.publish(trainingEvents.completed(job, model));
    return 'completed';
  } catch (error) {
    if (error instanceof Ended) return 'ended';
    if (!(error instanceof TrainingFailure)) throw error;
    if (!(await failJob(table, job, error.message, isoTime(now())))) return 'ended';
    await events.publish(trainingEvents.failed(job, error.message));
    return 'failed';
  }
}

/** Throws `TrainingFailure`, and `Ended` where the job is not this attempt's any more. */
async function train(adapters: TrainerAdapters, job: Job, signal?: AbortSignal): Promise<Model> {
  const { blobs, now } = adapters;
  const family = families[job.model_type];
  if (!family)
    throw new TrainingFailure(`model_type must be one of ${Object.keys(families).join(', ')}; got ${job.model_type}`);
  const hyperparameters = family.hyperparameters.parse(job.hyperparameters);
  const reporter = new Reporter(adapters, job, signal);
  const profile = await readProfile(adapters, job);
  const { body } = await blobs.datasets.get(blobKeys.datasetFile(job.account_id, job.dataset_id));
  const prepared = await prepare(reporter.during(body), profile, {
    validationSplit: job.validation_split,
    seed: hyperparameters.seed,
  });
  const fitted = await fitNetwork({
    ...{ family, hyperparameters },
    preparation: prepared.preparation,
    data: prepared.data,
    earlyStopping: job.early_stopping,
    now: () => performance.now(),
    report: (progress) => reporter.report(progress),
  });
  if (!fitted) throw new Ended();
  const createdAt = isoTime(now());
  const artifacts = makeArtifacts({ job, profile, family, hyperparameters, prepared, fit: fitted, createdAt });
  return complete(adapters, job, artifacts, { profile, history: fitted.history, createdAt });
}

async function readProfile({ blobs }: TrainerAdapters, job: Job): Promise<DatasetProfile> {
  const { body } = await blobs.datasets.get(blobKeys.datasetProfile(job.account_id, job.dataset_id));
  return datasetProfile.parse(await json(body));
}

interface Made {
  readonly profile: DatasetProfile;
  readonly history: History;
  readonly createdAt: string;
}

async function complete(
  { table, blobs, now }: TrainerAdapters,
  job: Job,
  { files, record }: Artifacts,
  { profile, history, createdAt }: Made,
): Promise<Model> {
  const id = newId(now());
  const prefix = blobKeys.modelPrefix(job.account_id, id);
  await table.transact([noteGarbage('artifacts', prefix, now() + ARTIFACT_GRACE_MS)]);
  for (const { file, bytes, contentType } of files) {
    await blobs.artifacts.put(blobKeys.modelFile(job.account_id, id, file), bytes, { contentType });
  }
  await blobs.artifacts.put(blobKeys.jobHistory(job.account_id, job.id), Buffer.from(JSON.stringify(history)), {
    contentType: 'application/json',
  });
  const model = await completeJob(
    table,
    job,
    lastEpoch(history),
    {
      ...record,
      id,
      account_id: job.account_id,
      name: job.model_name,
      model_type: job.model_type,
      task: job.task,
      job_id: job.id,
      dataset_id: job.dataset_id,
      target: profile.target,
      hyperparameters: job.hyperparameters,
      artifacts: files.map(({ file, bytes }) => ({ file, size: bytes.length, sha256: sha256(bytes) })),
      created_at: createdAt,
    },
    isoTime(now()),
  );
  if (model) return model;
  await collectGarbage(table, blobs.artifacts, 'artifacts', prefix);
  throw new Ended();
}

/** How many epochs there were, and the metrics of the last. */
const lastEpoch = (history: History): Pick<Job, 'current_epoch' | 'metrics'> => ({
  current_epoch: history.loss?.length ?? 0,
  metrics: Object.fromEntries(Object.entries(history).map(([name, values]) => [name, values.at(-1)!])),
});

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
