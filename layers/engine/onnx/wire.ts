/**
 * The wire format of protocol buffers, field by field. A file of others is changed through it, since decoding and encoding
 * a whole model would lose every field that the tables in `proto.ts` do not name.
 */
import { OnnxError } from './decode.ts';

/** A field of a message. */
export interface Field {
  readonly number: number;
  /** The field as it stands, with its tag. */
  readonly raw: Uint8Array;
  /** The value of a field of bytes, text or another message. */
  readonly value?: Uint8Array;
}

const LENGTH_DELIMITED = 2;
/** The bytes of a value by wire type; a varint and bytes say how long they are. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };
const VARINT_BYTES = 10;

/** @throws OnnxError if the bytes are no message */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  let at = 0;
  while (at < message.length) {
    const start = at;
    const tag = varint(message, at);
    const [number, wire] = [Math.floor(tag.value / 8), tag.value % 8];
    let end = tag.end;
    let value: Uint8Array | undefined;
    if (wire === LENGTH_DELIMITED) {
      const length = varint(message, tag.end);
      end = length.end + length.value;
      value = message.subarray(length.end, end);
    } else if (wire === 0) end = varint(message, tag.end).end;
    else end = tag.end + (FIXED[wire] ?? Number.POSITIVE_INFINITY);
    if (end > message.length || number === 0) throw new OnnxError(`not an ONNX model: no field at byte ${start}`);
    yield { number, raw: message.subarray(start, end), ...(value === undefined ? {} : { value }) };
    at = end;
  }
}

function varint(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let i = 0; i < VARINT_BYTES && at + i < bytes.length; i++) {
    const byte = bytes[at + i]!;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  throw new OnnxError(`not an ONNX model: no number at byte ${at}`);
}

/** A field of bytes, text or a message, in pieces. */
export function field(number: number, ...pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const length = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return [Uint8Array.from([...digits(number * 8 + LENGTH_DELIMITED), ...digits(length)]), ...pieces];
}

function* digits(value: number): Generator<number> {
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) yield (left % 0x80) + 0x80;
  yield left;
}
