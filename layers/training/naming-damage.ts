import { blobKeys } from '#domain/blob-keys.ts';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import { FILE_DAMAGED, TrainingFailure } from '#learning/failure.ts';
import { damageOf } from '#learning/files/damage.ts';
import { StoredBytes } from '#learning/files/file-bytes.ts';
import type { FitJob } from './fit-job.ts';
import { Ended, Interrupted } from './reporter.ts';

/**
 * Whatever fails because the dataset's file is damaged says so first: what a parser says of it would lead its owner astray.
 * Throws `TrainingFailure`, and what the training throws.
 */
export async function namingDamage<R>(of: FitJob, profile: DatasetProfile, train: () => Promise<R>): Promise<R> {
  try {
    return await train();
  } catch (error) {
    if (error instanceof Ended || error instanceof Interrupted) throw error;
    const found = await damageIn(of, profile);
    if (found === undefined) throw error;
    const isOnlyThat = error instanceof TrainingFailure && error.code === FILE_DAMAGED;
    const reason = isOnlyThat ? '' : `. Reading it failed: ${reasonOf(error)}`;
    throw new TrainingFailure(`${found}${reason}`, { cause: error, code: FILE_DAMAGED });
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof ValidationError
    ? error.details.map(({ field, message }) => `${field} ${message}`).join('; ')
    : String(error instanceof Error ? error.message : error);

async function damageIn({ adapters, job, reporter }: FitJob, { sha256 }: DatasetProfile): Promise<string | undefined> {
  const key = blobKeys.datasetFile(job.account_id, job.dataset_id);
  const info = await adapters.blobs.datasets.head(key);
  return info && damageOf(reporter.duringFile(new StoredBytes(adapters.blobs.datasets, info)), sha256);
}
