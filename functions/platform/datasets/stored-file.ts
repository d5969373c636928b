import { buffer } from 'node:stream/consumers';
import type { Dataset } from '#domain/datasets/record.ts';
import { blobKeys } from '#domain/keys.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { HEAD_BYTES } from '#learning/csv/read.ts';
import type { Beginning } from '#learning/preview.ts';

/** The beginning of a dataset's file. */
export async function beginningOfStored(
  { blobs }: Pick<Adapters, 'blobs'>,
  { account_id, id }: Pick<Dataset, 'account_id' | 'id'>,
): Promise<Beginning> {
  const { info, body } = await blobs.datasets.get(blobKeys.datasetFile(account_id, id), {
    start: 0,
    end: HEAD_BYTES - 1,
  });
  const bytes = await buffer(body);
  return { bytes, whole: bytes.length === info.size };
}
