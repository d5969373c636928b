/**
 * Answers with a stored file: as a stream, a range of it, nothing to a caller who has it, or where it is too large for a
 * stream as a redirect to it. No browser runs what is in it: it comes as a download, never as a page.
 */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { type ByteRange, parseRange } from '#domain/byte-range.ts';
import { checked, expectWritten, sha256Digest } from '#domain/checked-stream.ts';
import { NotFoundError, RangeNotSatisfiableError } from '#domain/errors.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { BlobNotFoundError, InvalidRangeError } from '#domain/ports/errors.ts';
import type { Settings } from '#domain/settings.ts';
import { CHECKED_FIRST_BYTES, verifiedRange } from '#domain/verified-range.ts';

const LINK_SECONDS = 300;

const line = z.string().max(1000).optional();

/** The headers of a request for a file. */
export const fileHeaders = z.object({ range: line, 'if-range': line, 'if-none-match': line });

/** Damaged, or a range outside of it. */
export const fileErrors = [409, 416] as const;

/** The responses of a route for files of one content type, or of several where the reply says which. */
export function fileResponses<const T extends string>(
  contentType: T,
  about: { readonly name: string; readonly etag: string },
) {
  const headers = { ETag: about.etag, 'Accept-Ranges': '`bytes`', 'Content-Disposition': about.name };
  return {
    200: { description: 'The file', content: contentType, headers },
    206: {
      description: 'The range',
      content: contentType,
      headers: { ...headers, 'Content-Range': 'Which bytes these are' },
    },
    304: { description: 'The caller has it', headers: { ETag: about.etag } },
    307: {
      description: 'What is asked for is too large to stream',
      headers: { Location: 'A URL of the file, valid for five minutes. It takes ranges as well' },
    },
  } as const;
}

export interface StoredFile {
  readonly blobs: Blobs;
  readonly key: string;
  readonly size: number;
  /** Changes whenever the bytes do. */
  readonly etag: string;
  /** Of the bytes that were written, where it is known. Otherwise those that the store knows. */
  readonly sha256?: string;
  /** For links to the file, which make a header of it. */
  readonly filename: string;
  /** A header, see `contentDisposition`. */
  readonly disposition: string;
  readonly contentType: string;
  /** What is not found if the file is gone. */
  readonly owner: string;
}

/**
 * A large file that is damaged is broken off, and so is a large range of it. Throws `NotFoundError` if the
 * file has been deleted since its record was read, `RangeNotSatisfiableError`, and `DamagedFileError`.
 */
export async function sendFile(of: StoredFile, given: z.output<typeof fileHeaders>, { streamedBytes }: Settings) {
  const { blobs, key, size, filename, contentType } = of;
  const etag = `"${of.etag}"`;
  if (isKnown(given['if-none-match'], etag)) return { status: 304, headers: { ETag: etag } } as const;
  const range = rangeOf(given.range, given['if-range'], of);
  const length = range ? range.end - range.start + 1 : size;
  if (length > streamedBytes) {
    const options = { expiresInSeconds: LINK_SECONDS, filename, contentType };
    return { status: 307, headers: { Location: await blobs.presignGet(key, options) } } as const;
  }
  const shared = {
    'Content-Type': contentType,
    'Content-Length': String(length),
    'Content-Disposition': of.disposition,
    'Accept-Ranges': 'bytes',
    ETag: etag,
  };
  try {
    const body = await contentOf(of, range);
    if (!range) return { status: 200, headers: shared, body } as const;
    const headers = { ...shared, 'Content-Range': `bytes ${range.start}-${range.end}/${size}` };
    return { status: 206, headers, body } as const;
  } catch (error) {
    if (error instanceof BlobNotFoundError) throw new NotFoundError(`${of.owner} not found`);
    throw error;
  }
}

async function contentOf(of: StoredFile, range: ByteRange | undefined): Promise<Readable> {
  const isSmall = of.size <= CHECKED_FIRST_BYTES;
  const what = `${of.filename} (${of.owner})`;
  if (range && !isSmall) return (await verifiedRange(of.blobs, of.key, range, what)).body;
  const { body, ...known } = await of.blobs.get(of.key);
  const digests = of.sha256 ? [{ bytes: of.size, digest: sha256Digest(of.sha256) }] : known.digests;
  if (!isSmall) return digests ? checked(what, body, digests) : body;
  const bytes = await buffer(body);
  if (digests) expectWritten(what, bytes, digests);
  return Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes], { objectMode: false });
}

/** A weak comparison, as for every `If-None-Match`. */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => ['*', etag, `W/${etag}`].includes(one.trim()));
}

function rangeOf(range: string | undefined, ifRange: string | undefined, { etag, size }: StoredFile) {
  try {
    return parseRange(range, ifRange, etag, size);
  } catch (error) {
    if (error instanceof InvalidRangeError) throw new RangeNotSatisfiableError(size);
    throw error;
  }
}
