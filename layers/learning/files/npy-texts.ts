/** Reads an `.npy` of texts: NumPy keeps each in as many characters as the longest has, filled up with zeros. */
import { fileFault, shown } from '../csv/fault.ts';
import { isWhole, type PlainHeader, plainHeader } from './npy.ts';

/** `U`: Unicode, four bytes a character; `S`: bytes, here as UTF-8. */
const BYTES = { U: 4, S: 1 } as const;
/** A text that is longer is no label. */
const MOST_CHARACTERS = 1024;

const kindOf = ({ type }: Pick<PlainHeader, 'type'>): keyof typeof BYTES | undefined =>
  type[0] === 'U' || type[0] === 'S' ? type[0] : undefined;

export const isOfTexts = (header: Pick<PlainHeader, 'type'>): boolean => kindOf(header) !== undefined;

/**
 * The texts of an array for which `isOfTexts` holds.
 * @throws ValidationError if it has fewer or more than its shape says, or too long ones
 */
export async function* npyTexts(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<{ readonly shape: readonly number[]; readonly text: string }, void, undefined> {
  let header: PlainHeader | undefined;
  let waiting = Buffer.alloc(0);
  let [left, size] = [0, 0];
  for await (const chunk of chunks) {
    waiting = waiting.length === 0 ? Buffer.from(chunk) : Buffer.concat([waiting, chunk]);
    if (!header) {
      if (!isWhole(waiting)) continue;
      header = plainHeader(waiting, name);
      size = sizeOf(header, name);
      left = header.shape.reduce((product, dim) => product * dim, 1);
      waiting = waiting.subarray(header.start);
    }
    let at = 0;
    for (; at + size <= waiting.length && left > 0; at += size, left--) {
      yield { shape: header.shape, text: textOf(header, waiting.subarray(at, at + size)) };
    }
    waiting = waiting.subarray(at);
    if (left === 0 && waiting.length > 0) break;
  }
  if (header && left === 0 && waiting.length === 0) return;
  throw fileFault(`array ${shown(name)} must have the texts that its header says; got ${left > 0 ? 'fewer' : 'more'}`);
}

/** Bytes of each text. */
function sizeOf(header: PlainHeader, name: string): number {
  const characters = Number(header.type.slice(1));
  if (characters >= 1 && characters <= MOST_CHARACTERS) return characters * BYTES[kindOf(header)!];
  throw fileFault(
    `array ${shown(name)} must have texts of between 1 and ${MOST_CHARACTERS} characters; got ${characters}`,
  );
}

function textOf(header: PlainHeader, bytes: Buffer): string {
  if (kindOf(header) === 'S') {
    const end = bytes.indexOf(0);
    return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
  }
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const code = header.littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    if (code > 0 && code <= MOST_CODE_POINT) text += String.fromCodePoint(code);
  }
  return text;
}

const MOST_CODE_POINT = 0x10ffff;
