import type { Adapters } from '#domain/ports/adapters.ts';
import type { BlobsWithoutUrls } from '#domain/ports/blobs/port.ts';
import { StoredDataError } from '#domain/vault/errors.ts';
import type { VaultServices } from '../services.ts';

/**
 * Reads from the bucket of backups, and what is missing or was changed there from the second location, where there is
 * one. Throws the first error if neither has it.
 */
export async function fromEither<T>(
  { blobs, backupCopies }: Pick<Adapters, 'blobs' | 'backupCopies'>,
  logger: VaultServices['logger'],
  read: (backups: BlobsWithoutUrls) => Promise<T>,
): Promise<T> {
  try {
    return await read(blobs.backups);
  } catch (error) {
    if (!(error instanceof StoredDataError) || backupCopies === undefined) throw error;
    logger.error('a file of a backup is read from the second location', { error });
    return read(backupCopies).catch(() => Promise.reject(error));
  }
}
