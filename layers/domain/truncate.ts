const ESCAPED = new Set(Array.from('"\\\b\t\n\f\r', (character) => character.codePointAt(0)));

/** How JSON writes a code point, in bytes of UTF-8. */
function jsonBytes(codePoint: number): number {
  if (ESCAPED.has(codePoint)) return 2;
  // Half of a surrogate pair as well: both are written as `\uXXXX`.
  if (codePoint < 0x20 || (codePoint >= 0xd800 && codePoint <= 0xdfff)) return 6;
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

const MOST_BYTES_A_UNIT = 6;
const ELLIPSIS = '…';

/** The text, or its beginning and an ellipsis where it takes more than `maxBytes` (3 or more) as JSON. */
export function truncate(text: string, maxBytes: number): string {
  if (text.length * MOST_BYTES_A_UNIT <= maxBytes) return text;
  let bytes = 0;
  let at = 0;
  /** Where the text is cut if it turns out to be too long. */
  let end = 0;
  while (at < text.length) {
    const codePoint = text.codePointAt(at)!;
    bytes += jsonBytes(codePoint);
    if (bytes > maxBytes) return text.slice(0, end).toWellFormed() + ELLIPSIS;
    at += codePoint > 0xffff ? 2 : 1;
    if (bytes + Buffer.byteLength(ELLIPSIS) <= maxBytes) end = at;
  }
  return text;
}
