/** Trains a model of a family: from a file to a network and its files, whatever the kind of the data. */
import { tmpdir } from 'node:os';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { isoTime } from '#domain/times.ts';
import { OnnxError } from '#engine/onnx/decode.ts';
import { type Artifacts, makeArtifacts } from '#learning/artifacts.ts';
import { scoredAsAnswered } from '#learning/assess/as-answered.ts';
import { assess } from '#learning/assess/assess.ts';
import { evaluationOf } from '#learning/assess/evaluation.ts';
import { int8Version } from '#learning/assess/int8.ts';
import { TrainingFailure } from '#learning/failure.ts';
import { withModelFiles } from '#learning/files/add.ts';
import { file } from '#learning/files/model-files.ts';
import type { Fit, Learner } from '#learning/fit/fit.ts';
import type { EncodedData, Preparation } from '#learning/fit/task.ts';
import { kindFor } from '#learning/kinds.ts';
import { rowThreadFor } from '#learning/row-thread.ts';
import { INT8_FILE, ONNX_FILE } from '#learning/serving/description.ts';
import { families } from '#zoo/registry.ts';
import type { Trained } from './complete.ts';
import { crossValidate } from './cross-validate.ts';
import { fitData } from './fit-data.ts';
import type { FitJob } from './fit-job.ts';
import { openScratch } from './scratch.ts';
import { readStartingModel } from './start-from.ts';

/**
 * Throws `TrainingFailure`, `Interrupted`, and `Ended` if the job is no longer this trainer's.
 * @param disk a folder on a disk, for data that do not fit into memory
 */
export async function trainModel(run: FitJob, profile: DatasetProfile, disk: string | undefined): Promise<Trained> {
  const { adapters, job, reporter } = run;
  const family = families[job.model_type];
  if (!family)
    throw new TrainingFailure(`model_type must be one of ${Object.keys(families).join(', ')}; got ${job.model_type}`);
  const hyperparameters = family.hyperparameters.parse(job.hyperparameters);
  const kind = kindFor(family, profile);
  if (!kind) throw new TrainingFailure(`model_type ${family.name} takes no ${profile.kind ?? 'table'}`);
  const start = await readStartingModel(run, profile);
  await using thread = (run.options.threads ?? 1) > 1 ? rowThreadFor(profile) : undefined;
  const of = { run, profile, family, hyperparameters, kind, start, thread, hasDisk: disk !== undefined };
  const crossValidation = job.cv === undefined ? undefined : await crossValidate(of, job.cv, disk);
  await using scratch = await openScratch(disk ?? tmpdir(), job.id);
  const parts = (job.cv ?? 0) + 1;
  const part = { done: parts - 1, of: parts };
  const { prepared, settled, fit: fitted, stopReason } = await fitData(of, { folder: scratch.folder, part });
  const { preparation, data } = prepared;
  const { calibrate = true, threshold } = hyperparameters;
  const assessment = await assess({
    ...{ learner: settled.learner, parameters: fitted.parameters, preparation, data, device: run.device, calibrate },
    between: () => reporter.expectMore(),
    thread,
    ...(threshold === undefined ? {} : { threshold }),
    ...(preparation.encoding.lastValues ? { lastValues: preparation.encoding.lastValues } : {}),
  });
  for (const warning of assessment.warnings) run.jobLog.tell('WARN', warning);
  const calibration = assessment.classification?.calibration ?? assessment.multilabel?.calibration;
  const calibrated = { ...prepared, preparation: { ...preparation, ...(calibration ? { calibration } : {}) } };
  const fit = await scoredAsAnswered(fitted, {
    ...{ learner: settled.learner, parameters: fitted.parameters, data, device: run.device },
    preparation: calibrated.preparation,
    between: () => reporter.expectMore(),
  });
  const createdAt = isoTime(adapters.now());
  const { learning_rate: learningRate } = settled.hyperparameters;
  const made = makeArtifacts({
    ...{ job, profile, family, hyperparameters, prepared: calibrated, fit, assessment, createdAt },
    ...{ learningRate, weightDecay: settled.weightDecay },
  });
  const { objective } = settled.learner;
  const int8 = hyperparameters.int8 ? await int8Of(made, { run, fit, ...settled, ...calibrated }) : undefined;
  const evaluation = evaluationOf({
    ...assessment,
    ...(crossValidation ? { cross_validation: crossValidation } : {}),
    ...(int8 ? { int8: int8.scores } : {}),
  });
  const finished = { family, hyperparameters, prepared: calibrated, objective, fit, evaluation };
  const artifacts = await withModelFiles(made, finished);
  return {
    artifacts: int8 ? { ...artifacts, files: [...artifacts.files, file(INT8_FILE, int8.bytes)] } : artifacts,
    warnings: prepared.warnings,
    history: fit.history,
    evaluation,
    createdAt,
    stopReason,
  };
}

interface Int8For {
  readonly run: FitJob;
  readonly fit: Fit;
  readonly learner: Learner;
  readonly preparation: Preparation;
  readonly data: EncodedData;
}

/** A model may have nothing that is worth 8 bits. Then there is no such version, and the log says why. */
async function int8Of({ files }: Artifacts, { run, fit, learner, preparation, data }: Int8For) {
  const { reporter, jobLog } = run;
  const onnx = files.find((one) => one.file === ONNX_FILE)!.bytes;
  const between = () => reporter.expectMore();
  try {
    return await int8Version(onnx, { learner, parameters: fit.parameters, preparation, data, between });
  } catch (error) {
    if (!(error instanceof OnnxError)) throw error;
    jobLog.tell('WARN', `there is no ${INT8_FILE}: ${error.message}`);
    return undefined;
  }
}
