import { blobKeys } from '#domain/blob-keys.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import type { StoreColumns } from './write.ts';

/** Stores what is recorded of a dataset's columns beside its file. */
export const columnsStore =
  (blobs: Pick<Blobs, 'put'>, { account_id, id }: Pick<Dataset, 'account_id' | 'id'>): StoreColumns =>
  (body) =>
    blobs.put(blobKeys.datasetColumns(account_id, id), body, {
      isReleased: true,
      isAuthenticated: true,
      mayBeLost: true,
    });
