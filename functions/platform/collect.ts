import { collectGarbage } from '#domain/garbage.ts';
import type { Adapters, BucketName } from '#domain/ports.ts';
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
