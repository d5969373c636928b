/** Texts of a Parquet page, which stay bytes: no object is made for each. */
import type { DecodedArray } from 'hyparquet';

export class Words {
  readonly bytes: Buffer;
  /** Where they begin and end in `bytes`. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;

  constructor(bytes: Buffer, starts: Int32Array, ends: Int32Array) {
    this.bytes = bytes;
    this.starts = starts;
    this.ends = ends;
  }

  get length(): number {
    return this.starts.length;
  }

  at(place: number): Buffer {
    return this.bytes.subarray(this.starts[place], this.ends[place]);
  }

  /** One after another. */
  static of(texts: readonly Uint8Array[]): Words {
    const [starts, ends] = [new Int32Array(texts.length), new Int32Array(texts.length)];
    let at = 0;
    for (const [i, { length }] of texts.entries()) {
      starts[i] = at;
      at += length;
      ends[i] = at;
    }
    return new Words(Buffer.concat(texts), starts, ends);
  }
}

/** As they are written in the encoding PLAIN: the length of each stands before it, in four bytes. */
export function readWords(page: Uint8Array, from: number, count: number): Words {
  const bytes = Buffer.from(page.buffer, page.byteOffset, page.length);
  const [starts, ends] = [new Int32Array(count), new Int32Array(count)];
  let at = from;
  for (let i = 0; i < count; i++) {
    const start = at + 4;
    if (start > bytes.length) throw new Error('its texts are fewer than announced');
    const length = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    at = start + length;
    if (length < 0 || at > bytes.length) throw new Error('a text is longer than its page');
    starts[i] = start;
    ends[i] = at;
  }
  return new Words(bytes, starts, ends);
}

export const valueAt = (values: DecodedArray | Words, place: number): unknown =>
  values instanceof Words ? values.at(place) : values[place];
