import { blobKeys } from '#domain/blob-keys.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { StoredBytes, type StoredBytesOptions } from '#learning/files/file-bytes.ts';

/** A dataset's file. */
export const storedFile = (
  { blobs }: Pick<Adapters, 'blobs'>,
  { account_id, id, file_size: size }: Pick<Dataset, 'account_id' | 'id' | 'file_size'>,
  options: StoredBytesOptions = {},
): StoredBytes => new StoredBytes(blobs.datasets, { key: blobKeys.datasetFile(account_id, id), size }, options);
