/** Trains a model of a family: from a file to a network and its files, whatever the kind of the data. */
import { tmpdir } from 'node:os';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { warningLine } from '#domain/datasets/warnings.ts';
import { blobKeys } from '#domain/keys.ts';
import { isoTime } from '#domain/times.ts';
import { makeArtifacts } from '#learning/artifacts.ts';
import { assess } from '#learning/assess/assess.ts';
import { evaluationOf } from '#learning/assess/evaluation.ts';
import { TrainingFailure } from '#learning/failure.ts';
import { withModelFiles } from '#learning/files/add.ts';
import { StoredBytes } from '#learning/files/file-bytes.ts';
import { learnerOf } from '#learning/fit/fit.ts';
import { moreOf } from '#learning/fit/judge.ts';
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
  await using scratch = await openScratch(disk ?? tmpdir(), job.id);
  const source = openSource(reporter.duringFile(file), { folder: scratch.folder });
  const wanted = family.wanted?.(hyperparameters) ?? {};
  const prepared = await kind.prepare(source, profile, {
    wanted,
    validationSplit: job.validation_split,
    testSplit: job.test_split ?? 0,
    seed: hyperparameters.seed,
    between: () => reporter.expectMore(),
    ...(disk === undefined ? {} : { scratch: { folder: scratch.folder } }),
  });
  const { preparation, data } = prepared;
  for (const warning of prepared.warnings) run.jobLog.tell('WARN', warningLine(warning));
  const settled = await withOptions(learnerOf({ family, hyperparameters, preparation }), {
    ...{ hyperparameters, preparation, data, device: run.device },
  });
  const { fit, stopReason } = await fitJob(run, {
    ...settled,
    ...{ preparation, data },
    more: moreOf(preparation.task, job.early_stopping.monitor),
    dataName: `SHA-256 ${profile.sha256}, target ${profile.target}, kept back ${job.validation_split} and ${job.test_split ?? 0}`,
  });
  const { calibrate = true, threshold } = hyperparameters;
  const assessment = await assess({
    ...{ learner: settled.learner, parameters: fit.parameters, preparation, data, device: run.device, calibrate },
    between: () => reporter.expectMore(),
    ...(threshold === undefined ? {} : { threshold }),
    ...(preparation.encoding.lastValues ? { lastValues: preparation.encoding.lastValues } : {}),
  });
  for (const warning of assessment.warnings) run.jobLog.tell('WARN', warning);
  const calibration = assessment.classification?.calibration;
  const calibrated = { ...prepared, preparation: { ...preparation, ...(calibration ? { calibration } : {}) } };
  const createdAt = isoTime(now());
  const made = makeArtifacts({
    ...{ job, profile, family, hyperparameters, prepared: calibrated, fit, assessment, createdAt },
    learningRate: settled.hyperparameters.learning_rate,
  });
  const { objective } = settled.learner;
  return {
    artifacts: await withModelFiles(made, { family, hyperparameters, prepared: calibrated, objective, fit }),
    warnings: prepared.warnings,
    history: fit.history,
    evaluation: evaluationOf(assessment),
    createdAt,
    stopReason,
  };
}
