/** The protocol's datatypes: their values in JSON, and in little-endian bytes. Both become cells of a row. */
import { ValidationError } from '#domain/errors.ts';
import type { Cell } from '#learning/predictor.ts';

interface Datatype {
  /** What a value is in JSON, and how it is recognised. */
  readonly expected: string;
  readonly isValue: (value: unknown) => value is Exclude<Cell, null>;
  /** The bytes of one value; `undefined`: each value has its length before it. */
  readonly bytes: number | undefined;
  readonly read: (view: DataView, at: number) => Exclude<Cell, null>;
}

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isInteger = (value: unknown): value is number => Number.isInteger(value);
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isString = (value: unknown): value is string => typeof value === 'string';

const float = (bytes: number, read: Datatype['read']): Datatype => ({
  expected: 'a number',
  isValue: isNumber,
  bytes,
  read,
});
const integer = (bytes: number, read: Datatype['read']): Datatype => ({
  expected: 'a whole number',
  isValue: isInteger,
  bytes,
  read,
});

/** IEEE 754 half precision. */
function half(view: DataView, at: number): number {
  const bits = view.getUint16(at, true);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

export const DATATYPES = {
  BOOL: {
    expected: 'true or false',
    isValue: isBoolean,
    bytes: 1,
    read: (view, at) => view.getUint8(at) !== 0,
  },
  INT8: integer(1, (view, at) => view.getInt8(at)),
  INT16: integer(2, (view, at) => view.getInt16(at, true)),
  INT32: integer(4, (view, at) => view.getInt32(at, true)),
  INT64: integer(8, (view, at) => Number(view.getBigInt64(at, true))),
  UINT8: integer(1, (view, at) => view.getUint8(at)),
  UINT16: integer(2, (view, at) => view.getUint16(at, true)),
  UINT32: integer(4, (view, at) => view.getUint32(at, true)),
  UINT64: integer(8, (view, at) => Number(view.getBigUint64(at, true))),
  FP16: float(2, half),
  FP32: float(4, (view, at) => view.getFloat32(at, true)),
  FP64: float(8, (view, at) => view.getFloat64(at, true)),
  BYTES: { expected: 'a string', isValue: isString, bytes: undefined, read: () => '' },
} as const satisfies Readonly<Record<string, Datatype>>;

export type DatatypeName = keyof typeof DATATYPES;
export const DATATYPE_NAMES = Object.keys(DATATYPES) as [DatatypeName, ...DatatypeName[]];

/** As many dimensions as a tensor may have. */
const MOST_NESTED = 3;

/** Values in JSON, flat or in lists of lists; null is missing. `field` names them in errors. */
export function cellsOfJson(datatype: DatatypeName, data: readonly unknown[], count: number, field: string): Cell[] {
  const { expected, isValue }: Datatype = DATATYPES[datatype];
  const flat: readonly unknown[] = data.some(Array.isArray) ? data.flat(MOST_NESTED) : data;
  if (flat.length !== count) {
    throw ValidationError.of(field, `must have ${count} values, as its shape says; got ${flat.length}`);
  }
  return flat.map((value, at) => {
    if (value === null || isValue(value)) return value;
    throw ValidationError.of(`${field}[${at}]`, `must be ${expected}, as ${datatype} has it, or null`);
  });
}

/** Values in bytes; NaN is missing. */
export function cellsOfBytes(datatype: DatatypeName, bytes: Uint8Array, rows: number, field: string): Cell[] {
  const { bytes: size, read }: Datatype = DATATYPES[datatype];
  if (size === undefined) return textsOf(bytes, rows, field);
  if (bytes.length !== rows * size) {
    throw ValidationError.of(field, `must have ${rows * size} bytes for ${rows} of ${datatype}; got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: rows }, (_, row) => {
    const value = read(view, row * size);
    return Number.isNaN(value) ? null : value;
  });
}

/** Each has its length before it, in four bytes. */
function textsOf(bytes: Uint8Array, rows: number, field: string): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.length && texts.length < rows) {
    const length = at + 4 <= bytes.length ? view.getUint32(at, true) : Number.POSITIVE_INFINITY;
    if (at + 4 + length > bytes.length) throw ValidationError.of(`${field}[${texts.length}]`, 'must not end early');
    try {
      texts.push(decoder.decode(bytes.subarray(at + 4, at + 4 + length)));
    } catch {
      throw ValidationError.of(`${field}[${texts.length}]`, 'must be valid UTF-8');
    }
    at += 4 + length;
  }
  if (texts.length === rows && at === bytes.length) return texts;
  const got = at < bytes.length ? 'more' : String(texts.length);
  throw ValidationError.of(field, `must have ${rows} values, as its shape says; got ${got}`);
}

/** Texts as bytes, each with its length before it. */
export function bytesOfTexts(texts: readonly string[]): Uint8Array {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
