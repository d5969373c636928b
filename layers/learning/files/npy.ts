/**
 * Reads NumPy's `.npy`, versions 1 to 3: a header with type, order and shape, then the numbers. Nothing in it is run:
 * arrays of objects, which are pickles, are refused.
 */
import { LIMITS } from '#domain/limits.ts';
import { fromHalfBits } from '#engine/half.ts';
import { fileFault, shown } from '../csv/fault.ts';
import { inCOrder } from './npy-order.ts';

export interface NpyHeader {
  /** Such as `u1` or `f8`. */
  readonly type: keyof typeof TYPES;
  readonly littleEndian: boolean;
  /** Whether the first index varies fastest. */
  readonly isFortran: boolean;
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
  f2: {
    size: 2,
    read: (bytes: DataView, at: number, little: boolean) => fromHalfBits('float16', bytes.getUint16(at, little)),
  },
  f4: { size: 4, read: (bytes: DataView, at: number, little: boolean) => bytes.getFloat32(at, little) },
  f8: { size: 8, read: (bytes: DataView, at: number, little: boolean) => bytes.getFloat64(at, little) },
} as const;

const MAGIC = '\x93NUMPY';
/** NumPy pads headers to 64 bytes; far longer ones are of structured types. */
const MOST_HEADER = 65_536;

export const isNpy = (head: Uint8Array): boolean => Buffer.from(head.subarray(0, 6)).toString('latin1') === MAGIC;

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
  const shape = dims
    .split(',')
    .filter((dim) => dim.trim() !== '')
    .map(Number);
  return {
    ...{ type, littleEndian: order !== '>', isFortran: text.includes("'fortran_order': True"), shape },
    ...{ start: at + length, text: text.trim() },
  };
}

export const isOfNumbers = (type: string): type is NpyHeader['type'] => Object.hasOwn(TYPES, type);

/** @throws ValidationError naming the array */
export function npyHeader(bytes: Buffer, name: string): NpyHeader {
  const { type, text, ...header } = plainHeader(bytes, name);
  if (!isOfNumbers(type)) {
    throw fileFault(`array ${shown(name)} must be of numbers (${NUMBERS}); got the header ${shown(text)}`);
  }
  const size = numberBytes({ ...header, type });
  if (header.isFortran && size > MOST_IN_FORTRAN_ORDER) {
    throw fileFault(
      `array ${shown(name)} must be in C order (np.ascontiguousarray makes it so), or have at most ${MOST_IN_FORTRAN_ORDER} bytes; got ${size} in Fortran order`,
    );
  }
  return { ...header, type };
}

/** Of all numbers that the header says there are: infinite, or not a number, where it says more than that can be counted. */
export const numberBytes = (header: Pick<NpyHeader, 'shape' | 'type'>): number =>
  countOf(header) * TYPES[header.type].size;

/** For messages. */
export const NUMBERS = Object.keys(TYPES).join(', ');

/** Such an array is in memory as a whole. */
const MOST_IN_FORTRAN_ORDER = LIMITS.fortranOrderBytes;

const countOf = ({ shape }: Pick<NpyHeader, 'shape'>): number => shape.reduce((product, dim) => product * dim, 1);

/** Reads the header. Throws `ValidationError` naming the array. */
async function opened(bytes: AsyncIterable<Uint8Array>, name: string) {
  const chunks = bytes[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  try {
    while (head.length < MOST_HEADER + 12 && !isWhole(head)) {
      const next = await chunks.next();
      if (next.done) break;
      head = Buffer.concat([head, next.value]);
    }
    const header = npyHeader(head, name);
    return { header, numbers: rest(head.subarray(header.start), chunks) };
  } catch (error) {
    await chunks.return?.();
    throw error;
  }
}

async function* rest(first: Buffer, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield first;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield Buffer.from(next.value);
  } finally {
    await chunks.return?.();
  }
}

/**
 * The numbers, `count` at a time; the last piece may be shorter. A piece is valid until the next one is requested.
 * @throws ValidationError if the array has fewer numbers or more than its shape says
 */
export async function* npyNumbers(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  count: number,
): AsyncGenerator<{ readonly header: NpyHeader; readonly values: Float64Array }, void, undefined> {
  const { header, numbers } = await opened(bytes, name);
  const { size, read } = TYPES[header.type];
  const piece = new Float64Array(count);
  let waiting: Buffer = Buffer.alloc(0);
  let left = countOf(header);
  let filled = 0;
  for await (const chunk of header.isFortran ? inCOrder(numbers, header.shape, size) : numbers) {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
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
