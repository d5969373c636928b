/** Whether a file that some backup holds is still what was stored, before another backup relies on it. */
import { createHash } from 'node:crypto';
import { DamagedFileError } from '../errors.ts';
import type { BlobsWithoutUrls } from '../ports/blobs/port.ts';
import { BlobNotFoundError } from '../ports/errors.ts';

/** What is compared: the size alone, or every byte. */
export type Compared = 'size' | 'bytes';

/** Earlier versions named some files by the backup, not by their hash. */
const SHA256 = /^[0-9a-f]{64}$/;

export async function isIntact(
  blobs: BlobsWithoutUrls,
  key: string,
  { sha256, bytes }: { readonly sha256: string; readonly bytes: number },
  compared: Compared,
): Promise<boolean> {
  if ((await blobs.head(key))?.size !== bytes) return false;
  if (compared === 'size' || !SHA256.test(sha256)) return true;
  const hash = createHash('sha256');
  try {
    for await (const chunk of (await blobs.get(key)).body) hash.update(chunk as Uint8Array);
  } catch (error) {
    if (error instanceof BlobNotFoundError || error instanceof DamagedFileError) return false;
    throw error;
  }
  return hash.digest('hex') === sha256;
}
