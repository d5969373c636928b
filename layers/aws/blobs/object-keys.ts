/** Keys in S3's listings and URLs. */
import { InvalidBlobKeyError, InvalidCursorError } from '#domain/ports/errors.ts';

/** Of a listing with `encoding-type=url`, which encodes a space as a plus. */
export const decodeKey = (encoded: string): string => decodeURIComponent(encoded.replaceAll('+', ' '));

/** The cursor is the last key of the page, because S3's own continuation tokens expire. */
export const encodeCursor = (key: string): string => Buffer.from(key, 'utf8').toString('base64url');

/** Throws `InvalidCursorError`. */
export function decodeCursor(cursor: string, prefix: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^[A-Za-z0-9_-]{1,2048}$/.test(cursor) || encodeCursor(key) !== cursor || !key.startsWith(prefix)) {
    throw new InvalidCursorError('the cursor is not one of this listing');
  }
  return key;
}

/**
 * Throws `InvalidBlobKeyError` for a key whose URL clients would normalise: they resolve the segments `.` and `..`,
 * however encoded, so such a blob can be read and written but not by a URL.
 */
export function checkUrlKey(key: string): void {
  if (key.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw new InvalidBlobKeyError(
      `a key with "." or ".." between slashes has no URL on S3; got ${JSON.stringify(key)}`,
    );
  }
}

/** RFC 6266: an ASCII name for clients without UTF-8, and the full name. */
export function attachment(filename: string): string {
  const plain = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
