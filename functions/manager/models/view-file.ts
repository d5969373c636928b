/** A stored file in plain without a second copy of it: verified to its end once, and decrypted again whenever it is read. */
import type { Blobs } from '#domain/ports/blobs/port.ts';
import type { StoredFile } from '#domain/vault/files.ts';
import { verifyFile } from './seal.ts';

/**
 * Puts a view of the file at `to`, if its bytes are those of the model, encrypted by AES-256-GCM, and the bucket has views.
 * Resolves with whether it did. Throws `StoredDataError`, `BlobNotFoundError`.
 */
export async function putVerifiedView(
  artifacts: Blobs,
  to: string,
  file: StoredFile,
  key: Uint8Array | undefined,
): Promise<boolean> {
  const { encryption, compressed, digests, sha256, size } = file;
  const isThatOfModel = !compressed && digests.plaintext.sha256 === sha256;
  if (!artifacts.putView || key === undefined || encryption?.algorithm !== 'AES-256-GCM' || !isThatOfModel)
    return false;
  const { info, body } = await artifacts.get(file.blob);
  const frames = await verifyFile(file, body, key);
  try {
    return (await artifacts.putView(to, info, { size, frames })) !== undefined;
  } finally {
    frames.key.fill(0);
  }
}
