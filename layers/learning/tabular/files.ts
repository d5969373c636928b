/** The files of a model of tables: its export is tried, and what PyTorch needs is added. */
import type { Family } from '#zoo/family.ts';
import type { CommonHyperparameters } from '#zoo/hyperparameters.ts';
import type { Artifacts } from '../artifacts.ts';
import { type Finished, file, withFiles } from '../files/model-files.ts';
import { ENCODER_FILE } from '../files/names.ts';
import { expectSameAnswers } from '../files/verify.ts';
import { type Preparation, shapeOf } from '../fit/task.ts';
import { ONNX_FILE, SERVING_FILE, serving } from '../serving/description.ts';
import { probe } from './probe.ts';
import { encoderFile, tableTorchUse } from './torch.ts';

export interface FinishedTable extends Omit<Finished, 'answers' | 'torch'> {
  readonly preparation: Preparation;
  readonly family: Family;
  readonly hyperparameters: CommonHyperparameters;
}

/** @throws TrainingFailure if the exported model does not answer as the network does */
export async function withTableFiles(made: Artifacts, of: FinishedTable): Promise<Artifacts> {
  const { preparation, family, hyperparameters, objective, fit } = of;
  const bytesOf = (name: string): Uint8Array => made.files.find((one) => one.file === name)!.bytes;
  const described = serving.parse(JSON.parse(Buffer.from(bytesOf(SERVING_FILE)).toString('utf8')));
  await expectSameAnswers({
    ...{ answers: preparation, objective, parameters: fit.parameters, onnx: bytesOf(ONNX_FILE) },
    rows: probe(preparation.encoder, described),
  });
  const module = family.torchModule?.(shapeOf(preparation), hyperparameters);
  const encoder = file(ENCODER_FILE, encoderFile(preparation.encoder, preparation));
  return await withFiles(
    { ...made, files: module ? [...made.files, encoder] : made.files },
    { ...of, answers: preparation, ...(module ? { torch: { module, use: tableTorchUse(preparation) } } : {}) },
  );
}
