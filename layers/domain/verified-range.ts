/** Ranges of files that leave the platform. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ByteRange } from './byte-range.ts';
import type { Blobs, ReadBlob } from './ports/blobs/port.ts';

/** What is no larger is checked as a whole before its first byte is sent. */
export const CHECKED_FIRST_BYTES = 4 * 2 ** 20;

/**
 * A range of a blob as it was written. A small one of a damaged file is refused; a larger one is broken off before the
 * first MiB that is damaged. Throws as `Blobs.get` does, and `DamagedFileError`.
 * @param what the file, for the error
 */
export async function verifiedRange(blobs: Blobs, key: string, range: ByteRange, what: string): Promise<ReadBlob> {
  const found = await blobs.get(key, range, { verifiedAs: what });
  if (range.end - range.start >= CHECKED_FIRST_BYTES) return found;
  return { ...found, body: Readable.from([await buffer(found.body)], { objectMode: false }) };
}
