/** The files of the model that a training starts from. */
import { json } from 'node:stream/consumers';
import { blobKeys } from '#domain/blob-keys.ts';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { findModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import { TrainingFailure } from '#learning/failure.ts';
import { ENCODER_FILE, PYTORCH_FILE, SAFETENSORS_FILE } from '#learning/files/names.ts';
import type { StoredTensors } from '#learning/files/stored-tensor.ts';
import { openWeights } from '#learning/files/weights.ts';
import { WeightsError } from '#learning/files/weights-error.ts';
import { SERVING_FILE, serving } from '#learning/serving/description.ts';
import { foreignUnits } from '#learning/serving/foreign-units.ts';
import { type TableStart, tableStart } from '#learning/table/start.ts';
import { blobAccess } from './blob-access.ts';
import type { FitJob } from './fit-job.ts';

export interface StartingModel {
  /** For people. */
  readonly name: string;
  readonly weights: StoredTensors;
  /** Of a model of tables. */
  readonly table?: TableStart;
  /** Absent for a file of weights, which does not say. */
  readonly classes?: readonly string[];
}

/**
 * `undefined` for a job that starts from weights that are drawn.
 * @throws TrainingFailure
 */
export async function readStartingModel(
  run: Pick<FitJob, 'adapters' | 'job'>,
  profile: DatasetProfile,
): Promise<StartingModel | undefined> {
  const { adapters, job } = run;
  if (job.parent_id === undefined) return undefined;
  const model = await findModel(adapters.table, job.account_id, job.parent_id);
  if (!model) throw new TrainingFailure(`The model that the training starts from, ${job.parent_id}, was deleted`);
  const has = (file: string) => model.artifacts.some((one) => one.file === file);
  const read = async (file: string): Promise<unknown> =>
    json((await adapters.blobs.artifacts.get(blobKeys.modelFile(model.account_id, model.id, file))).body);
  // Models of images and series have an encoder of another kind.
  const table = has(ENCODER_FILE) ? tableStart.safeParse(await read(ENCODER_FILE)) : undefined;
  const described = has(SERVING_FILE) ? serving.parse(await read(SERVING_FILE)) : undefined;
  const foreign = described && foreignUnits(described.features, profile);
  if (foreign !== undefined) throw new TrainingFailure(`To start from another model, the dataset must have ${foreign}`);
  return {
    name: `${model.name} ${model.version}`,
    weights: await weightsOf(run, model),
    ...(table?.success ? { table: table.data } : {}),
    ...(described ? { classes: described.classes } : {}),
  };
}

async function weightsOf({ adapters }: Pick<FitJob, 'adapters'>, model: Model): Promise<StoredTensors> {
  const found = [SAFETENSORS_FILE, PYTORCH_FILE].flatMap((name) => model.artifacts.filter(({ file }) => file === name));
  const [file] = found;
  if (!file) throw new TrainingFailure(`The model that the training starts from, ${model.id}, has no file of weights`);
  const key = blobKeys.modelFile(model.account_id, model.id, file.file);
  try {
    return await openWeights(blobAccess(adapters.blobs.artifacts, key, file.size));
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    throw new TrainingFailure(`The weights that the training starts from cannot be read: ${error.message}`, {
      cause: error,
    });
  }
}
