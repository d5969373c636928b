import { Buffer } from 'node:buffer';
import { buffer } from 'node:stream/consumers';
import { type DatasetProfile, datasetProfile } from '#domain/datasets/profile.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { ConflictError } from '#domain/errors.ts';
import { blobKeys } from '#domain/keys.ts';
import type { Adapters } from '#domain/ports/adapters.ts';

/** The profile of a dataset that is ready. Throws `ConflictError`, with the reason, for any other. */
export async function readProfile({ blobs }: Pick<Adapters, 'blobs'>, of: Dataset): Promise<DatasetProfile> {
  requireReady(of);
  const { body } = await blobs.datasets.get(blobKeys.datasetProfile(of.account_id, of.id));
  return datasetProfile.parse(JSON.parse(Buffer.from(await buffer(body)).toString('utf8')));
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
