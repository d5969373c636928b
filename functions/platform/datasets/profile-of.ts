import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { readStoredProfile } from '#domain/datasets/read-profile.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { ConflictError } from '#domain/errors.ts';
import type { Adapters } from '#domain/ports/adapters.ts';

/** The profile of a dataset that is ready. Throws `ConflictError`, with the reason, for any other; `DamagedFileError`. */
export async function readProfile({ blobs }: Pick<Adapters, 'blobs'>, of: Dataset): Promise<DatasetProfile> {
  requireReady(of);
  return readStoredProfile(blobs.datasets, of);
}

/** Throws `ConflictError` while the dataset is processing, and if processing has failed. */
function requireReady(of: Dataset): void {
  if (of.status === 'processing') throw new ConflictError(`Dataset ${of.id} is still processing`);
  if (of.status === 'failed') {
    throw new ConflictError(
      `Dataset ${of.id} has failed: ${of.failure?.message ?? 'it could not be processed'}`,
      of.failure?.details,
    );
  }
}
