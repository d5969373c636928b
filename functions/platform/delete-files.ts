import { deleteOrphans } from '#domain/orphans.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { BucketName } from '#domain/ports/blobs/port.ts';
import type { Log } from '#functions/http/contract.ts';

/** Deletes the files of a deleted record. They stay marked as orphaned until then, so the sweep retries a failure. */
export async function deleteFiles(
  { table, blobs }: Adapters,
  logger: Log,
  bucket: BucketName,
  prefix: string,
): Promise<void> {
  try {
    await deleteOrphans(table, blobs[bucket], bucket, prefix);
  } catch (error) {
    logger.error('files not deleted yet', { bucket, prefix, error });
  }
}
