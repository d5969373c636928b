/** Trains a model of tables: from a file to a network and its files. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { blobKeys } from '#domain/keys.ts';
import { isoTime } from '#domain/times.ts';
import { makeArtifacts } from '#learning/artifacts.ts';
import { TrainingFailure } from '#learning/failure.ts';
import { StoredBytes } from '#learning/files/file-bytes.ts';
import { learnerOf } from '#learning/fit/fit.ts';
import { prepare } from '#learning/prepare.ts';
import { families } from '#zoo/registry.ts';
import type { Trained } from './complete.ts';
import { type FitJob, fitJob } from './fit-job.ts';
import { openScratch } from './scratch.ts';

/**
 * Throws `TrainingFailure`, `Interrupted`, and `Ended` if the job is no longer this trainer's.
 * @param disk a folder on a disk, for data that do not fit into memory
 */
export async function trainTable(run: FitJob, profile: DatasetProfile, disk: string | undefined): Promise<Trained> {
  const { adapters, job, reporter } = run;
  const { blobs, now } = adapters;
  const family = families[job.model_type];
  if (!family)
    throw new TrainingFailure(`model_type must be one of ${Object.keys(families).join(', ')}; got ${job.model_type}`);
  const hyperparameters = family.hyperparameters.parse(job.hyperparameters);
  const file = await StoredBytes.open(blobs.datasets, blobKeys.datasetFile(job.account_id, job.dataset_id));
  await using scratch = disk === undefined ? undefined : await openScratch(disk, job.id);
  const prepared = await prepare(reporter.duringFile(file), profile, {
    validationSplit: job.validation_split,
    seed: hyperparameters.seed,
    between: () => reporter.expectMore(),
    ...(scratch ? { scratch: { folder: scratch.folder } } : {}),
  });
  const { preparation, data } = prepared;
  const { fit, stopReason } = await fitJob(run, {
    learner: learnerOf({ family, hyperparameters, preparation }),
    hyperparameters,
    preparation,
    data,
    dataName: `SHA-256 ${profile.sha256}, target ${profile.target}, split ${job.validation_split}`,
  });
  const createdAt = isoTime(now());
  const artifacts = makeArtifacts({ job, profile, family, hyperparameters, prepared, fit, createdAt });
  return { artifacts, history: fit.history, createdAt, stopReason };
}
