/** Trains a model of tables: from a CSV file to a network and its files. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { blobKeys } from '#domain/keys.ts';
import { isoTime } from '#domain/times.ts';
import { makeArtifacts } from '#learning/artifacts.ts';
import { TrainingFailure } from '#learning/failure.ts';
import { learnerOf } from '#learning/fit/fit.ts';
import { prepare } from '#learning/prepare.ts';
import { withTableFiles } from '#learning/tabular/files.ts';
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
  const { body } = await blobs.datasets.get(blobKeys.datasetFile(job.account_id, job.dataset_id));
  await using scratch = disk === undefined ? undefined : await openScratch(disk, job.id);
  const prepared = await prepare(reporter.during(body), profile, {
    validationSplit: job.validation_split,
    seed: hyperparameters.seed,
    between: () => reporter.expectMore(),
    ...(scratch ? { scratch: { folder: scratch.folder } } : {}),
  });
  const { preparation, data } = prepared;
  const learner = learnerOf({ family, hyperparameters, preparation });
  const { fit, stopReason } = await fitJob(run, {
    learner,
    hyperparameters,
    preparation,
    data,
    dataName: `SHA-256 ${profile.sha256}, target ${profile.target}, split ${job.validation_split}`,
  });
  const createdAt = isoTime(now());
  const made = makeArtifacts({ job, profile, family, hyperparameters, prepared, fit, createdAt });
  const artifacts = await withTableFiles(made, {
    ...{ preparation, family, hyperparameters, objective: learner.objective, fit, data, rows: prepared.rows },
  });
  return { artifacts, history: fit.history, createdAt, stopReason };
}
