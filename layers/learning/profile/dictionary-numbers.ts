/** Numbers of a dictionary, each of which is looked at once however many rows have it. */
import { isPlainSize } from '../values/plain-number.ts';
import { grouped } from './number-cells.ts';

/** Of a number: that a row has it, and that it was taken. */
const [USED, TAKEN] = [1, 2];

export class DictionaryNumbers {
  readonly values: Float64Array;
  readonly isReal: boolean;
  /** For each whether it may be summarised together with others: 1 or 0. */
  readonly isPlain: Uint8Array;
  /** Their values with a comma as the decimal mark; NaN for those that have none. */
  readonly withComma: Float64Array;
  /** Their entries among the counted values; -1 where that is not known. */
  readonly entries: Int32Array;
  readonly #marks: Uint8Array;
  readonly #places: Uint32Array;

  /**
   * @param isReal whether they are written with a point, be they whole or not
   * @param missing those that mean "no value"
   */
  constructor(stored: Float64Array, isReal: boolean, missing: ReadonlySet<number>) {
    const { length } = stored;
    const values = new Float64Array(length);
    this.values = values;
    this.isReal = isReal;
    this.isPlain = new Uint8Array(length);
    this.withComma = isReal ? new Float64Array(length) : values;
    this.entries = new Int32Array(length).fill(-1);
    this.#marks = new Uint8Array(length);
    this.#places = new Uint32Array(length);
    for (let code = 0; code < length; code++) {
      // Adding 0 makes -0 and 0 the same.
      const value = stored[code]! + 0;
      values[code] = value;
      this.isPlain[code] = isPlainSize(Math.abs(value)) && !(missing.size > 0 && missing.has(value)) ? 1 : 0;
      if (isReal) this.withComma[code] = grouped(value);
    }
  }

  /** Notes those that some rows have, by their places. */
  use(codes: ArrayLike<number>, from: number, to: number): void {
    const marks = this.#marks;
    for (let at = from; at < to; at++) marks[codes[at]!]! |= USED;
  }

  /** The places of those that were used since the last call, at the beginning of an array that the next call uses again. */
  takeUsed(): { readonly places: Uint32Array; readonly count: number } {
    const [marks, places] = [this.#marks, this.#places];
    let count = 0;
    for (let code = 0; code < marks.length; code++) {
      if (marks[code] !== USED) continue;
      marks[code] = USED | TAKEN;
      places[count++] = code;
    }
    return { places, count };
  }
}
