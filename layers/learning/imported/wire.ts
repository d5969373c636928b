/** Messages of Protocol Buffers as lists of fields, so that a file can be changed in places and stays the same in all others. */

/** A field as it lies in the file: its number, all of its bytes, and for a text, bytes or message its contents. */
export interface Field {
  readonly number: number;
  readonly whole: Uint8Array;
  readonly contents?: Uint8Array;
}

/** The bytes are no message. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

const VARINT = 0;
const LENGTH = 2;
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** @throws WireError */
export function fieldsOf(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < message.length; ) {
    const start = at;
    const key = varint(message, at);
    at = key.end;
    const type = key.value % 8;
    const number = Math.floor(key.value / 8);
    if (type === LENGTH) {
      const length = varint(message, at);
      at = length.end + length.value;
      if (at > message.length) throw new WireError('a field reaches beyond its message');
      fields.push({ number, whole: message.subarray(start, at), contents: message.subarray(length.end, at) });
      continue;
    }
    if (type === VARINT) at = varint(message, at).end;
    else at += FIXED[type] ?? Number.NaN;
    if (!(at <= message.length)) throw new WireError(`a field of type ${type} cannot be read`);
    fields.push({ number, whole: message.subarray(start, at) });
  }
  return fields;
}

function varint(bytes: Uint8Array, from: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: from + i + 1 };
  }
  throw new WireError('a number does not end');
}

function encodedVarint(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  return [...bytes, left];
}

/** A text, bytes or message as a field. */
export const field = (number: number, contents: Uint8Array | string): Uint8Array => {
  const bytes = typeof contents === 'string' ? Buffer.from(contents) : contents;
  return Buffer.concat([Buffer.from([...encodedVarint(number * 8 + LENGTH), ...encodedVarint(bytes.length)]), bytes]);
};

/** A whole number as a field. */
export const numberField = (number: number, value: number): Uint8Array =>
  Buffer.from([...encodedVarint(number * 8 + VARINT), ...encodedVarint(value)]);

export const message = (fields: readonly Uint8Array[]): Uint8Array => Buffer.concat(fields);
