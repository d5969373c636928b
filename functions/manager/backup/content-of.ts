import type { BlobsWithoutUrls } from '#domain/ports/blobs/port.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import type { Table } from '#domain/ports/table/port.ts';
import type { BackedUpFile, CompleteBackup } from '#domain/vault/backup.ts';
import { findContent } from '#domain/vault/contents.ts';
import { StoredDataError } from '#domain/vault/errors.ts';
import type { StoredFile } from '#domain/vault/files.ts';
import { encryptionContext } from '#vault/context.ts';
import { open } from '#vault/encryption/open.ts';
import { factsOf } from '../models/seal.ts';
import { asStored } from './as-stored.ts';
import { sealedInBackup } from './back-up.ts';

/**
 * A file of a model in a backup, as the vault stores it. Its end throws `StoredDataError` if it is not what was backed up.
 */
export async function contentOf(
  table: Table,
  backups: BlobsWithoutUrls,
  backup: CompleteBackup,
  model: StoredFile,
  { content, sealed }: BackedUpFile,
): Promise<AsyncIterable<Uint8Array>> {
  const file = await findContent(table, backup, content);
  if (file === undefined) throw new StoredDataError('A file of the backup is missing', factsOf(model));
  try {
    const { body } = await backups.get(file);
    if (sealed === undefined) return checked(body, model);
    const key = Buffer.from(sealed.key, 'base64');
    const context = encryptionContext(sealed.sealed_for ?? sealedInBackup(backup, model));
    return checked(open(body, { algorithm: 'AES-256-GCM', key, context }, sealed.digests), model);
  } catch (error) {
    if (error instanceof BlobNotFoundError)
      throw new StoredDataError('A file of the backup is missing', factsOf(model));
    throw error;
  }
}

const checked = (body: AsyncIterable<Uint8Array>, file: StoredFile) =>
  asStored(body, file, 'A file of the backup is not the one that was backed up');
