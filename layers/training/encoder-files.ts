/** The files that a training of an encoder starts from: those of the hub, or of the model that is trained further. */

import { blobKeys } from '#domain/blob-keys.ts';
import { encoderKey, encoderPrefix } from '#domain/encoders/place.ts';
import { findEncoder } from '#domain/encoders/read.ts';
import { findModel } from '#domain/models/read.ts';
import { type EncoderFiles, openEncoder } from '#learning/encoder/open.ts';
import { encoderRecipe } from '#learning/encoder/recipe.ts';
import { storedFiles } from '#learning/encoder/stored.ts';
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

async function filesOfHub({
  adapters: { table, blobs },
  job,
}: Pick<FitJob, 'adapters' | 'job'>): Promise<EncoderFiles> {
  const state = await findEncoder(table, encoderKey(job.model_type, job.account_id));
  if (state?.status !== 'loaded') throw new TrainingFailure(`${job.model_type} is not loaded`);
  return storedFiles(blobs.artifacts, state.files, { name: job.model_type, prefix: encoderPrefix(state) });
}

async function filesOfModel({ adapters, job }: Pick<FitJob, 'adapters' | 'job'>, id: string): Promise<EncoderFiles> {
  const parent = await findModel(adapters.table, job.account_id, id);
  if (!parent) throw new TrainingFailure(`The model that the training starts from, ${id}, was deleted`);
  return storedFiles(adapters.blobs.artifacts, parent.artifacts, {
    name: `${parent.name} ${parent.version}`,
    prefix: blobKeys.modelPrefix(job.account_id, id),
  });
}
