/** The files that a training of an encoder starts from: those of the hub, or of the model that is trained further. */

import { blobKeys } from '#domain/blob-keys.ts';
import { isFileOfEncoder, isUploaded } from '#domain/encoders/catalogue.ts';
import { dropDamaged } from '#domain/encoders/change.ts';
import type { EncoderFailure } from '#domain/encoders/failures.ts';
import { encoderKey, encoderPrefix } from '#domain/encoders/place.ts';
import { findEncoder } from '#domain/encoders/read.ts';
import { findModel } from '#domain/models/read.ts';
import { isoTime } from '#domain/times.ts';
import { type EncoderFiles, openEncoder } from '#learning/encoder/open.ts';
import { encoderRecipe } from '#learning/encoder/recipe.ts';
import { damagedFile, storedFiles } from '#learning/encoder/stored.ts';
import { TrainingFailure } from '#learning/failure.ts';
import type { TextRecipe } from '#learning/text/recipe.ts';
import { encoderSchema } from '#zoo/text-registry.ts';
import type { FitJob } from './fit-job.ts';

/** Throws `TrainingFailure` if an encoder cannot be made of its files. */
export async function readEncoderRecipe(run: FitJob): Promise<TextRecipe> {
  const { job } = run;
  const hyperparameters = encoderSchema.parse(job.hyperparameters);
  const files = await (job.parent_id === undefined ? filesOfHub(run) : filesOfModel(run, job.parent_id));
  const opened = await openEncoder(files, { labels: hyperparameters.labels, dropout: hyperparameters.dropout });
  run.jobLog.tell('INFO', `${job.model_type} is read from ${files.name}`);
  return encoderRecipe(job.model_type, opened, hyperparameters);
}

async function filesOfHub({ adapters, job }: Pick<FitJob, 'adapters' | 'job'>): Promise<EncoderFiles> {
  const { table, blobs, now } = adapters;
  const name = job.model_type;
  const state = await findEncoder(table, encoderKey(name, job.account_id));
  if (state?.status !== 'loaded') throw new TrainingFailure(`${name} is not loaded`);
  const prefix = encoderPrefix(state);
  const file = await damagedFile(blobs.artifacts, state.files, prefix);
  if (file === undefined) return storedFiles(blobs.artifacts, state.files, { name, prefix });
  const found = `${name}: ${file} is damaged: it is not what was stored.`;
  if (isUploaded(name)) throw damage(`${found} Delete the upload, and upload the encoder again`);
  const failure = `${found} Load ${name} or start the training again: only this file is loaded then`;
  await dropDamaged(table, state, { file, failure }, isoTime(now()));
  throw damage(failure);
}

const damage = (message: string): TrainingFailure =>
  new TrainingFailure(message, { code: 'FILE_DAMAGED' satisfies EncoderFailure });

async function filesOfModel({ adapters, job }: Pick<FitJob, 'adapters' | 'job'>, id: string): Promise<EncoderFiles> {
  const parent = await findModel(adapters.table, job.account_id, id);
  if (!parent) throw new TrainingFailure(`The model that the training starts from, ${id}, was deleted`);
  const name = `${parent.name} ${parent.version}`;
  const prefix = blobKeys.modelPrefix(job.account_id, id);
  const needed = parent.artifacts.filter(({ file }) => isFileOfEncoder(file));
  const file = await damagedFile(adapters.blobs.artifacts, needed, prefix);
  if (file !== undefined) throw damage(`${name}: ${file} is damaged: it is not what was stored`);
  return storedFiles(adapters.blobs.artifacts, parent.artifacts, { name, prefix });
}
