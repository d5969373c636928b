/**
 * Reads NumPy's `.npy`, versions 1 to 3: a header with type, order and shape, then the numbers. Nothing in it is run:
 * arrays of objects, which are pickles, are refused.
 */
import { fileFault, shown } from '../csv/fault.ts';

export interface NpyHeader {
  /** Such as `u1` or `f8`. */
  readonly type: keyof typeof TYPES;
  readonly littleEndian: boolean;
  readonly shape: readonly number[];
  /** Where the numbers begin. */
  readonly start: number;
}

/** Bytes of a number, and how one is read. */
const TYPES = {
  b1: { size: 1, read: (bytes: DataView, at: number) => bytes.getUint8(at) },
  u1: { size: 1, read: (bytes: DataView, at: number) => bytes.getUint8(at) },
  i1: { size: 1, read: (bytes: DataView, at: number) => bytes.getInt8(at) },
  u2: { size: 2, read: (bytes: DataView, at: number, little: boolean) => bytes.getUint16(at, little) },
  i2: { size: 2, read: (bytes: DataView, at: number, little: boolean) => bytes.getInt16(at, little) },
  u4: { size: 4, read: (bytes: DataView, at: number, little: boolean) => bytes.getUint32(at, little) },
  i4: { size: 4, read: (bytes: DataView, at: number, little: boolean) => bytes.getInt32(at, little) },
  u8: { size: 8, read: (bytes: DataView, at: number, little: boolean) => Number(bytes.getBigUint64(at, little)) },
  i8: { size: 8, read: (bytes: DataView, at: number, little: boolean) => Number(bytes.getBigInt64(at, little)) },
  f4: { size: 4, read: (bytes: DataView, at: number, little: boolean) => bytes.getFloat32(at, little) },
  f8: { size: 8, read: (bytes: DataView, at: number, little: boolean) => bytes.getFloat64(at, little) },
} as const;

const MAGIC = '\x93NUMPY';
/** NumPy pads headers to 64 bytes; far longer ones are of structured types. */
const MOST_HEADER = 65_536;

export const isNpy = (head: Uint8Array): boolean => Buffer.from(head.subarray(0, 6)).toString('latin1') === MAGIC;

export const bytesPerNumber = ({ type }: Pick<NpyHeader, 'type'>): number => TYPES[type].size;

/** What every header says, of whatever the array is. */
export interface PlainHeader extends Omit<NpyHeader, 'type'> {
  /** As NumPy writes it, without the order of bytes: `u1`, `U12`. */
  readonly type: string;
  /** For messages. */
  readonly text: string;
}

/** @throws ValidationError naming the array */
export function plainHeader(bytes: Buffer, name: string): PlainHeader {
  const fault = (text: string) => fileFault(`array ${shown(name)} ${text}`);
  if (!isNpy(bytes) || bytes.length < 12) throw fault('must be a NumPy array (.npy)');
  const [long, at] = bytes[6]! > 1 ? [true, 12] : [false, 10];
  const length = long ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  if (length > MOST_HEADER || at + length > bytes.length) throw fault('must have a whole header of at most 64 KiB');
  const text = bytes.toString('latin1', at, at + length);
  const [, order = '', type = ''] = /'descr': '([<>|=])([a-zA-Z]\d{1,6})'/.exec(text) ?? [];
  const dims = /'shape': \(([0-9, ]*)\)/.exec(text)?.[1];
  if (dims === undefined) throw fault(`must have a shape; got the header ${shown(text.trim())}`);
  if (text.includes("'fortran_order': True")) throw fault('must be in C order: np.ascontiguousarray makes it so');
  const shape = dims
    .split(',')
    .filter((dim) => dim.trim() !== '')
    .map(Number);
  return { type, littleEndian: order !== '>', shape, start: at + length, text: text.trim() };
}

const isOfNumbers = (type: string): type is NpyHeader['type'] => Object.hasOwn(TYPES, type);

/** @throws ValidationError naming the array */
export function npyHeader(bytes: Buffer, name: string): NpyHeader {
  const { type, text, ...header } = plainHeader(bytes, name);
  if (isOfNumbers(type)) return { ...header, type };
  throw fileFault(
    `array ${shown(name)} must be of numbers (${Object.keys(TYPES).join(', ')}); got the header ${shown(text)}`,
  );
}

/**
 * The numbers, `count` at a time; the last piece may be shorter. A piece is valid until the next one is requested.
 * @throws ValidationError if the array has fewer numbers or more than its shape says
 */
export async function* npyNumbers(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  count: number | ((header: NpyHeader) => number),
): AsyncGenerator<{ readonly header: NpyHeader; readonly values: Float64Array }, void, undefined> {
  let header: NpyHeader | undefined;
  let waiting = Buffer.alloc(0);
  let left = 0;
  let piece = new Float64Array();
  let filled = 0;
  for await (const chunk of bytes) {
    waiting = waiting.length === 0 ? Buffer.from(chunk) : Buffer.concat([waiting, chunk]);
    if (!header) {
      if (waiting.length < MOST_HEADER + 12 && !isWhole(waiting)) continue;
      header = npyHeader(waiting, name);
      left = header.shape.reduce((product, dim) => product * dim, 1);
      piece = new Float64Array(typeof count === 'number' ? count : count(header));
      waiting = waiting.subarray(header.start);
    }
    const { size, read } = TYPES[header.type];
    const view = new DataView(waiting.buffer, waiting.byteOffset, waiting.byteLength);
    let at = 0;
    for (; at + size <= waiting.length && left > 0; at += size) {
      piece[filled++] = read(view, at, header.littleEndian);
      left--;
      if (filled < piece.length) continue;
      yield { header, values: piece };
      filled = 0;
    }
    waiting = waiting.subarray(at);
    if (left === 0 && waiting.length > 0) break;
  }
  header ??= npyHeader(waiting, name);
  if (filled > 0) yield { header, values: piece.subarray(0, filled) };
  if (left > 0 || waiting.length > 0) {
    throw fileFault(
      `array ${shown(name)} must have the numbers that its shape [${header.shape.join(', ')}] says; got ${left > 0 ? 'fewer' : 'more'}`,
    );
  }
}

/** Whether all of the header is there. */
export function isWhole(bytes: Buffer): boolean {
  if (bytes.length < 12) return false;
  return bytes.length >= (bytes[6]! > 1 ? 12 + bytes.readUInt32LE(8) : 10 + bytes.readUInt16LE(8));
}
