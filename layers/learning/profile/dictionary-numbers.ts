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
  /** It is among the counted values. */
  counted: 16,
} as const;

export class DictionaryNumbers {
  readonly values: Float64Array;
  readonly isReal: boolean;
  readonly facts: Uint8Array;
  /** Whether all may be summarised together with others. */
  readonly arePlain: boolean;
  /** Their entries among the counted values; -1 where that is not known. */
  readonly entries: Int32Array;
  /** How often those that are counted have occurred since the last call of `takeUsed`. */
  readonly occurrences: Uint32Array;
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
    this.entries = new Int32Array(length).fill(-1);
    this.occurrences = new Uint32Array(length);
    this.#places = new Uint32Array(length);
    let plain = 0;
    for (let code = 0; code < length; code++) {
      // Adding 0 makes -0 and 0 the same.
      const value = stored[code]! + 0;
      values[code] = value;
      const isPlain = isPlainSize(Math.abs(value)) && !(missing.size > 0 && missing.has(value));
      const hasComma = !isReal || !Number.isNaN(grouped(value));
      this.facts[code] = (isPlain ? FACT.plain : 0) | (hasComma ? FACT.comma : 0);
      if (isPlain) plain++;
    }
    this.arePlain = plain === length;
  }

  /** @param entry its place among the counted values */
  setEntry(code: number, entry: number): void {
    this.entries[code] = entry;
    this.facts[code]! |= FACT.counted;
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
