/** A stored file in plain without a second copy of it: verified to its end once, and decrypted again whenever it is read. */
import type { Blobs, MessageFrames } from '#domain/ports/blobs/port.ts';
import { release } from '#domain/release.ts';
import type { StoredFile } from '#domain/vault/files.ts';
import { openFile } from './seal.ts';

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
  if (!artifacts.putView || key === undefined || encryption?.algorithm !== 'AES-256-GCM' || !isThatOfModel) return false;
  const { info, body } = await artifacts.get(file.blob);
  const found: MessageFrames[] = [];
  const onFrames = (frames: MessageFrames) => void found.push(frames);
  for await (const piece of openFile(file, body, key, { isSourceReleased: true, onFrames })) release(piece);
  const [frames] = found;
  if (frames === undefined) return false;
  try {
    return (await artifacts.putView(to, info, { size, frames })) !== undefined;
  } finally {
    frames.key.fill(0);
  }
}
