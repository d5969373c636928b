/** Copies rows of tensors into another order. */
import type { Tensors } from '#engine/tensor.ts';

/** So many rows are asked of the memory at once. */
const TOGETHER = 32;
/** Numbers of four bytes in a line of the processor's cache. */
const LINE = 16;

/**
 * Writes the given rows of some tensors over the first ones of others with the same names, one after another.
 * @param from of float32 or int32
 */
export function gatherRows(from: Tensors, rows: Int32Array, into: Tensors): void {
  for (const [name, { data, shape }] of Object.entries(from)) {
    const width = shape.slice(1).reduce((size, dim) => size * dim, 1);
    copyRows(bitsOf(data), rows, bitsOf(into[name]!.data), width);
  }
}

/** Writes copies of the row before a place over some rows from there on. */
export function padRows(tensors: Tensors, from: number, count: number): void {
  for (const { data, shape } of Object.values(tensors)) {
    const width = shape.slice(1).reduce((size, dim) => size * dim, 1);
    const bits = bitsOf(data);
    for (let row = from; row < from + count; row++) bits.copyWithin(row * width, (from - 1) * width, from * width);
  }
}

/** As whole numbers: a copy of a float may be another NaN. */
function bitsOf(data: Tensors[string]['data']): Int32Array {
  if (data instanceof Float32Array || data instanceof Int32Array)
    return new Int32Array(data.buffer, data.byteOffset, data.length);
  throw new TypeError('rows of float32 and int32 can be gathered, and no others');
}

/**
 * Rows that no cache holds take the processor far longer to fetch than to copy. It fetches many at a time if nothing waits for
 * any of them: so some rows are looked at before they are copied, which halves the time.
 */
function copyRows(from: Int32Array, rows: Int32Array, into: Int32Array, width: number): number {
  let seen = 0;
  for (let first = 0; first < rows.length; first += TOGETHER) {
    const end = Math.min(rows.length, first + TOGETHER);
    for (let i = first; i < end; i++) {
      const begin = rows[i]! * width;
      for (let place = begin; place < begin + width; place += LINE) seen ^= from[place]!;
    }
    for (let i = first, to = first * width; i < end; i++) {
      let place = rows[i]! * width;
      for (let k = 0; k < width; k++) into[to++] = from[place++]!;
    }
  }
  // A result that nobody could ask for would not be computed.
  return seen;
}
