/** Range requests of HTTP. */
import { InvalidRangeError } from './ports/errors.ts';

export interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/**
 * The one range of a Range header (RFC 9110, section 14). Several ranges, another unit, a malformed header, or an
 * `If-Range` with another etag mean the whole blob. Throws `InvalidRangeError` if the range is outside of the blob.
 */
export function parseRange(
  header: string | undefined,
  ifRange: string | undefined,
  etag: string,
  size: number,
): ByteRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null || (ifRange !== undefined && ifRange !== `"${etag}"`)) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') {
    // A suffix range: the last so many bytes.
    if (last === '') return undefined;
    if (Number(last) === 0 || size === 0) throw new InvalidRangeError(0, 0, size);
    return { start: Math.max(0, size - Number(last)), end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) throw new InvalidRangeError(start, last === '' ? undefined : Number(last), size);
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
