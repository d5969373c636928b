/** Files that leave the platform, and ranges of them. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ByteRange } from './byte-range.ts';
import { checked, expectWritten } from './checked-stream.ts';
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

/**
 * The body of a whole blob as it was written. A small one of a damaged file is refused with a `DamagedFileError`; a larger
 * one is broken off before its end. As it is, where nothing is known of what was written.
 * @param what the file, for the error
 */
export async function verifiedBody(
  what: string,
  { info, body, digests, isVerified = false }: ReadBlob,
): Promise<Readable> {
  if (digests === undefined && !isVerified) return body;
  if (info.size > CHECKED_FIRST_BYTES) return digests === undefined ? body : checked(what, body, digests);
  const bytes = await buffer(body);
  if (digests !== undefined) expectWritten(what, bytes, digests);
  return Readable.from([bytes], { objectMode: false });
}
