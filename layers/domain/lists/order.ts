/** Values written so that their order is that of the bytes of what is written: how the table orders sort keys. */
import { fold } from '../keys.ts';

/** Bytes of a text that count in its place: a sort key has 1024, and the rest of it needs some. */
const TEXT_BYTES = 512;

/** As people look names up: case and Unicode composition do not matter. */
export function text(value: string): string {
  const folded = Buffer.from(fold(value).replace(/\p{Cc}/gu, ''));
  if (folded.length <= TEXT_BYTES) return folded.toString();
  // A character that is cut in two is left out.
  return new TextDecoder().decode(folded.subarray(0, TEXT_BYTES), { stream: true });
}

/** RFC 3339 in UTC, as records have it. */
export const time = (value: string): string => value;

/** Any double but NaN, which counts as absent. What is absent comes before every number. */
export function number(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  const bytes = Buffer.alloc(8);
  // -0 and 0 are one number.
  bytes.writeDoubleBE(value + 0);
  // A double's bits are in order but for the sign: negative ones run backwards, and below the positive ones.
  if (bytes[0]! & 0x80) for (const [index, byte] of bytes.entries()) bytes[index] = byte ^ 0xff;
  else bytes[0]! |= 0x80;
  return bytes.toString('hex');
}
