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
/** Of a larger tag, a parser in C++ takes the lower bits: it would read another field. */
const MOST_NUMBER = 2 ** 29 - 1;

/** @throws OnnxError if the bytes are no message */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  const fields = new Fields(message);
  while (fields.next()) {
    const { number, start, from, end } = fields;
    const raw = message.subarray(start, end);
    yield { number, raw, ...(fields.hasBytes ? { value: message.subarray(from, end) } : {}) };
  }
}

/** The fields of a message one after another, without an object for each: a model has tens of thousands. */
export class Fields {
  readonly #bytes: Uint8Array;
  readonly #to: number;
  #at: number;
  number = 0;
  /** Whether its value is bytes, text or another message. */
  hasBytes = false;
  /** Where it begins, and its tag with it. */
  start = 0;
  /** Where its value is. */
  from = 0;
  end = 0;

  /** @param from the part of the bytes that is the message. Default: all */
  constructor(bytes: Uint8Array, from = 0, to: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = from;
    this.#to = to;
  }

  /**
   * Goes to the next field; false if there is none.
   * @throws OnnxError if the bytes are no message
   */
  next(): boolean {
    if (this.#at >= this.#to) return false;
    this.start = this.#at;
    const tag = this.#varint();
    const wire = tag % 8;
    this.number = (tag - wire) / 8;
    this.hasBytes = wire === LENGTH_DELIMITED;
    if (this.hasBytes) {
      const length = this.#varint();
      this.from = this.#at;
      this.end = this.#at + length;
    } else {
      this.from = this.#at;
      if (wire === 0) this.#varint();
      this.end = wire === 0 ? this.#at : this.#at + (FIXED[wire] ?? Number.POSITIVE_INFINITY);
    }
    if (this.end > this.#to || this.number === 0 || this.number > MOST_NUMBER)
      throw new OnnxError(`not an ONNX model: no field at byte ${this.start}`);
    this.#at = this.end;
    return true;
  }

  #varint(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    const end = Math.min(this.#to, start + VARINT_BYTES);
    let value = 0;
    let scale = 1;
    for (let at = start; at < end; at++, scale *= 0x80) {
      const byte = bytes[at]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.#at = at + 1;
        return value;
      }
    }
    throw new OnnxError(`not an ONNX model: no number at byte ${start}`);
  }
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
