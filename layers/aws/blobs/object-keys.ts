/** Keys as S3's listings and URLs have them. */
import { InvalidBlobKeyError, InvalidCursorError } from '#domain/ports/errors.ts';

/** From a listing with `encoding-type=url`, which writes a space as a plus. */
export const decodeKey = (encoded: string): string => decodeURIComponent(encoded.replaceAll('+', ' '));

/** A place in a listing: the last key given, so that it does not depend on S3's own tokens, which expire. */
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
 * Throws `InvalidBlobKeyError` for a key whose URL every client would shorten: `.` and `..` between slashes are steps in
 * a path, in whatever way they are written, so such a blob can be read and written but not by a URL.
 */
export function checkUrlKey(key: string): void {
  if (key.split('/').some((segment) => segment === '.' || segment === '..')) {
    throw new InvalidBlobKeyError(
      `a key with "." or ".." between slashes has no URL on S3; got ${JSON.stringify(key)}`,
    );
  }
}

/** RFC 6266: a name for those that know no UTF-8, and the whole name. */
export function attachment(filename: string): string {
  const plain = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
