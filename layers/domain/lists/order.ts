/** Writes values as text whose order by bytes, in which the table keeps sort keys, is the order of the values. */
import { fold } from '../keys.ts';
import { isoTime } from '../times.ts';

/** Between the parts of a position: sorts before everything that the parts are written with. */
export const SEPARATOR = '\u0001';

/** Positions from one to another, both inclusive. */
export interface Range {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Bytes of a text that count: a sort key has 1024, and its other parts need some of them. */
const TEXT_BYTES = 512;

/** Case and Unicode composition do not matter, as where names are compared. */
export function text(value: string): string {
  const folded = Buffer.from(fold(value).replace(/\p{Cc}/gu, ''));
  if (folded.length <= TEXT_BYTES) return folded.toString();
  // Leaves out a character that the cut would split.
  return new TextDecoder().decode(folded.subarray(0, TEXT_BYTES), { stream: true });
}

/** RFC 3339. */
export const time = (value: string): string => isoTime(Date.parse(value));

/** The later time first. */
export const reverseTime = (value: string): string => number(-Date.parse(value));

/** A missing value, and NaN, come before every number. */
export function number(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  const bytes = Buffer.alloc(8);
  // Adding 0 makes -0 and 0 the same.
  bytes.writeDoubleBE(value + 0);
  // A double's bits are in order except for the sign: negative numbers run backwards, and lie above the positive ones.
  if (bytes[0]! & 0x80) for (const [index, byte] of bytes.entries()) bytes[index] = byte ^ 0xff;
  else bytes[0]! |= 0x80;
  return bytes.toString('hex');
}
