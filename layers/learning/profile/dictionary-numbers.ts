/** Numbers of a dictionary, each of which is looked at once however many rows have it. */
import { isPlainSize } from '../values/plain-number.ts';
import { grouped } from './number-cells.ts';

/** Of a number, all in one byte: of large dictionaries, each look-up elsewhere waits for the memory. */
export const FACT = {
  /** It may be summarised together with others. */
  plain: 1,
  /** It has another value with a comma as the decimal mark, or the same. */
  comma: 2,
  /** A row has it, and it was taken. */
  used: 4,
  taken: 8,
} as const;

export class DictionaryNumbers {
  readonly values: Float64Array;
  readonly isReal: boolean;
  readonly facts: Uint8Array;
  /** Their values with a comma as the decimal mark. */
  readonly withComma: Float64Array;
  /** Their entries among the counted values; -1 where that is not known. */
  readonly entries: Int32Array;
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
    this.facts = new Uint8Array(length);
    this.withComma = isReal ? new Float64Array(length) : values;
    this.entries = new Int32Array(length).fill(-1);
    this.#places = new Uint32Array(length);
    for (let code = 0; code < length; code++) {
      // Adding 0 makes -0 and 0 the same.
      const value = stored[code]! + 0;
      values[code] = value;
      if (isReal) this.withComma[code] = grouped(value);
      const isPlain = isPlainSize(Math.abs(value)) && !(missing.size > 0 && missing.has(value));
      this.facts[code] = (isPlain ? FACT.plain : 0) | (Number.isNaN(this.withComma[code]) ? 0 : FACT.comma);
    }
  }

  /** The places of those that were used since the last call, at the beginning of an array that the next call uses again. */
  takeUsed(): { readonly places: Uint32Array; readonly count: number } {
    const [facts, places] = [this.facts, this.#places];
    let count = 0;
    for (let code = 0; code < facts.length; code++) {
      const fact = facts[code]!;
      if ((fact & (FACT.used | FACT.taken)) !== FACT.used) continue;
      facts[code] = fact | FACT.taken;
      places[count++] = code;
    }
    return { places, count };
  }
}
