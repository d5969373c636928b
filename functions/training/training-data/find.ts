import { blobKeys } from '#domain/blob-keys.ts';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { findDataset } from '#domain/datasets/read.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { ValidationError } from '#domain/errors.ts';
import { findTrainingFile } from '#domain/training-data/read.ts';
import type { Services } from '#functions/http/route.ts';
import { readProfile } from '#functions/platform/datasets/profile-of.ts';
import { givenDialect } from '#learning/csv/dialect.ts';
import { codeOf } from '#learning/text/prepare.ts';
import { readTexts } from '#learning/text/rows.ts';
import { TrainingDataNotFoundError } from '../errors.ts';
import { dataAt, FOLDER, SAMPLE_FILE } from './paths.ts';
import { storeSample } from './write.ts';

const FIELD = 'training_data_path';

/**
 * The dataset that a path names. The sample file always exists: it is made where it is asked for. Throws
 * `ValidationError`, `TrainingDataNotFoundError`.
 */
export async function findTexts(services: Services, accountId: string, path: string): Promise<Dataset> {
  const { table } = services.adapters;
  const named = dataAt(path, FIELD);
  const id = named.kind === 'dataset' ? named.id : await datasetOf(services, accountId, named.name);
  const found = id === undefined ? undefined : await findDataset(table, accountId, id);
  if (found) return found;
  const place = named.kind === 'dataset' ? `datasets/${named.id}` : `${FOLDER}${named.name}`;
  throw new TrainingDataNotFoundError(`${place} not found; PUT /training-data/NAME uploads a file`);
}

async function datasetOf(services: Services, accountId: string, name: string): Promise<string | undefined> {
  const { table } = services.adapters;
  const file = await findTrainingFile(table, accountId, name);
  if (file && (await findDataset(table, accountId, file.dataset_id))) return file.dataset_id;
  return name === SAMPLE_FILE ? (await storeSample(services, accountId)).dataset_id : undefined;
}

/**
 * What is known of the texts, checked against the labels of a model. Throws `ValidationError` naming the first row whose
 * label the model does not have, `ConflictError` for a dataset that is not ready.
 */
export async function readTextProfile(
  { adapters }: Services,
  dataset: Dataset,
  labels: readonly string[],
): Promise<DatasetProfile> {
  const profile = await readProfile(adapters, dataset);
  const names = profile.columns.map(({ name }) => name);
  const missing = ['text', 'label'].filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw ValidationError.of(FIELD, `must have the columns text and label; ${missing.join(' and ')} is missing`);
  }
  if (profile.target !== 'label' || !profile.classes) return profile;
  const counts = profile.classes;
  if (counts.some(({ value }) => !labels.includes(value))) {
    await expectLabels(adapters.blobs.datasets, dataset, { labels, profile });
  }
  if (counts.length < 2) {
    const only = counts.map(({ value }) => value).join();
    throw ValidationError.of(FIELD, `must have rows with at least 2 different labels; got ${only} only`);
  }
  return profile;
}

/** Reads the file, so that the error has the row's number. */
async function expectLabels(
  blobs: Services['adapters']['blobs']['datasets'],
  { account_id, id, text_format }: Dataset,
  { labels, profile }: { readonly labels: readonly string[]; readonly profile: DatasetProfile },
): Promise<void> {
  const { body } = await blobs.get(blobKeys.datasetFile(account_id, id));
  try {
    for await (const row of readTexts(body, text_format ?? givenDialect(profile))) codeOf(row, labels);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    throw new ValidationError(
      error.details.map(({ field, message }) => ({ field: FIELD, message: `${field}: ${message}` })),
    );
  } finally {
    body.destroy();
  }
}
