import { InternalError } from '../../errors.ts';
import { InvalidBlobKeyError, InvalidRangeError, InvalidUploadError } from '../errors.ts';
import type { PartToPut, UploadPart } from './port.ts';

/** The limits of S3, which every implementation enforces, so that what works on one host works on the other. */
export const BLOB_LIMITS = {
  keyBytes: 1024,
  partBytes: 5 * 1024 ** 3,
  minPartBytes: 5 * 1024 ** 2,
  parts: 10_000,
  presignSeconds: 604_800,
} as const;

export const DEFAULT_CONTENT_TYPE = 'application/octet-stream';

/** Throws `InvalidBlobKeyError`. */
export function checkBlobKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes < 1 || bytes > BLOB_LIMITS.keyBytes) {
    throw new InvalidBlobKeyError(`a key must have between 1 and ${BLOB_LIMITS.keyBytes} bytes; got ${bytes}`);
  }
  if (!key.isWellFormed()) throw new InvalidBlobKeyError('a key has half of a surrogate pair');
}

/** A content type becomes a header, into which a line break would inject another. */
export function checkContentType(contentType: string): void {
  if (!/^[\x20-\x7e]{1,256}$/.test(contentType)) {
    throw new InternalError('a content type must be 1 to 256 printable ASCII characters');
  }
}

/** Throws `InvalidUploadError`. */
export function checkPart(part: number): void {
  if (!Number.isInteger(part) || part < 1 || part > BLOB_LIMITS.parts) {
    throw new InvalidUploadError(`part must be between 1 and ${BLOB_LIMITS.parts}; got ${part}`);
  }
}

/** Throws `InvalidUploadError`. */
export function checkPartToPut({ part, bytes }: PartToPut): void {
  checkPart(part);
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > BLOB_LIMITS.partBytes) {
    throw new InvalidUploadError(`bytes must be between 1 and ${BLOB_LIMITS.partBytes}; got ${bytes}`);
  }
}

/**
 * At least one part, in ascending order; the stored parts are not needed to check this. Throws `InvalidUploadError`.
 */
export function checkParts(parts: readonly UploadPart[]): void {
  if (parts.length === 0) throw new InvalidUploadError('an upload is completed with at least 1 part; got 0');
  let previous = 0;
  for (const { part } of parts) {
    checkPart(part);
    if (part <= previous) {
      throw new InvalidUploadError(`parts must be in ascending order; got ${part} after ${previous}`);
    }
    previous = part;
  }
}

export function checkExpiry(seconds: number): void {
  if (!(seconds >= 1 && seconds <= BLOB_LIMITS.presignSeconds)) {
    throw new InternalError(`expiresInSeconds must be between 1 and ${BLOB_LIMITS.presignSeconds}; got ${seconds}`);
  }
}

/** The first and last byte of a range; an end past the blob's end is cut to it. Throws `InvalidRangeError`. */
export function resolveRange(range: { start: number; end?: number }, size: number): { start: number; end: number } {
  const { start, end = size - 1 } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || start >= size || end < start) {
    throw new InvalidRangeError(start, range.end, size);
  }
  return { start, end: Math.min(end, size - 1) };
}

/** An entity tag without the quotes that it has in a header. */
export const unquoted = (etag: string): string => etag.replace(/^"(.*)"$/, '$1');
