/** Trains a model of a family: from a file to a network and its files, whatever the kind of the data. */
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { blobKeys } from '#domain/keys.ts';
import { isoTime } from '#domain/times.ts';
import { makeArtifacts } from '#learning/artifacts.ts';
import { TrainingFailure } from '#learning/failure.ts';
import { StoredBytes } from '#learning/files/file-bytes.ts';
import { learnerOf } from '#learning/fit/fit.ts';
import { withOptions } from '#learning/fit/options.ts';
import { kindFor } from '#learning/kinds.ts';
import { openSource } from '#learning/source.ts';
import { families } from '#zoo/registry.ts';
import type { Trained } from './complete.ts';
import { type FitJob, fitJob } from './fit-job.ts';
import { openScratch } from './scratch.ts';

/**
 * Throws `TrainingFailure`, `Interrupted`, and `Ended` if the job is no longer this trainer's.
 * @param disk a folder on a disk, for data that do not fit into memory
 */
export async function trainModel(run: FitJob, profile: DatasetProfile, disk: string | undefined): Promise<Trained> {
  const { adapters, job, reporter } = run;
  const { blobs, now } = adapters;
  const family = families[job.model_type];
  if (!family)
    throw new TrainingFailure(`model_type must be one of ${Object.keys(families).join(', ')}; got ${job.model_type}`);
  const hyperparameters = family.hyperparameters.parse(job.hyperparameters);
  const kind = kindFor(family, profile);
  if (!kind) throw new TrainingFailure(`model_type ${family.name} takes no ${profile.kind ?? 'table'}`);
  const file = await StoredBytes.open(blobs.datasets, blobKeys.datasetFile(job.account_id, job.dataset_id));
  await using scratch = disk === undefined ? undefined : await openScratch(disk, job.id);
  const source = openSource(reporter.duringFile(file), { folder: scratch?.folder });
  const wanted = family.wanted?.(hyperparameters) ?? {};
  const prepared = await kind.prepare(source, profile, {
    wanted,
    validationSplit: job.validation_split,
    testSplit: job.test_split ?? 0,
    seed: hyperparameters.seed,
    between: () => reporter.expectMore(),
    ...(scratch ? { scratch: { folder: scratch.folder } } : {}),
  });
  const { preparation, data } = prepared;
  const settled = await withOptions(learnerOf({ family, hyperparameters, preparation }), {
    ...{ hyperparameters, preparation, data, device: run.device },
  });
  const { fit, stopReason } = await fitJob(run, {
    ...settled,
    preparation,
    data,
    dataName: `SHA-256 ${profile.sha256}, target ${profile.target}, kept back ${job.validation_split} and ${job.test_split ?? 0}`,
  });
  const createdAt = isoTime(now());
  const artifacts = makeArtifacts({ job, profile, family, hyperparameters, prepared, fit, createdAt });
  return { artifacts, history: fit.history, createdAt, stopReason };
}
