/** Adds to what serves a model its files for other tools; first, what serves it is tried. */
import type { Objective } from '#engine/training/objective.ts';
import type { Family } from '#zoo/family.ts';
import type { CommonHyperparameters } from '#zoo/hyperparameters.ts';
import type { Artifacts } from '../artifacts.ts';
import type { Evaluation } from '../assess/evaluation.ts';
import type { Fit } from '../fit/fit.ts';
import { shapeOf } from '../fit/task.ts';
import type { Prepared } from '../prepared.ts';
import { ONNX_FILE } from '../serving/description.ts';
import { isTable } from '../table/encoding.ts';
import { probe } from '../table/probe.ts';
import { file, withFiles } from './model-files.ts';
import { ENCODER_FILE } from './names.ts';
import { probeOf } from './probe.ts';
import { encoderFile, torchUse } from './torch-use.ts';
import { expectSameAnswers } from './verify.ts';

export interface FinishedModel {
  readonly family: Family;
  readonly hyperparameters: CommonHyperparameters;
  readonly prepared: Prepared;
  readonly objective: Objective;
  readonly fit: Fit;
  readonly evaluation: Evaluation;
}

/** @throws TrainingFailure if the exported model does not answer as the network does */
export async function withModelFiles(made: Artifacts, of: FinishedModel): Promise<Artifacts> {
  const { family, hyperparameters, prepared, objective, fit, evaluation } = of;
  const { preparation, data, rows } = prepared;
  await expectServed(made, of);
  const module = family.torchModule?.(shapeOf(preparation), hyperparameters);
  const learner = { objective, flopsPerRow: family.flopsPerRow(shapeOf(preparation), hyperparameters) };
  const finished = { answers: preparation, learner, fit, data, rows, evaluation };
  if (!module) return withFiles(made, finished);
  const encoder = file(ENCODER_FILE, encoderFile(preparation));
  const torch = { module, use: torchUse(preparation) };
  return withFiles({ ...made, files: [...made.files, encoder] }, { ...finished, torch });
}

async function expectServed(made: Artifacts, { prepared: { preparation }, objective, fit }: FinishedModel) {
  const { encoding } = preparation;
  const rows = isTable(encoding) ? probe(encoding) : await probeOf(encoding);
  const onnx = made.files.find((one) => one.file === ONNX_FILE)?.bytes;
  if (rows && onnx) {
    await expectSameAnswers({ answers: preparation, objective, parameters: fit.parameters, onnx, rows });
  }
}
