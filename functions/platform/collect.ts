import { collectGarbage } from '#domain/orphans.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import type { BucketName } from '#domain/ports/blobs/port.ts';
import type { Log } from '#functions/http/contract.ts';

/** Deletes the files of a record that is gone. It stays noted until that is done, so the sweep repeats what fails. */
export async function collect(
  { table, blobs }: Adapters,
  logger: Log,
  bucket: BucketName,
  prefix: string,
): Promise<void> {
  try {
    await collectGarbage(table, blobs[bucket], bucket, prefix);
  } catch (error) {
    logger.error('files not deleted yet', { bucket, prefix, error });
  }
}
