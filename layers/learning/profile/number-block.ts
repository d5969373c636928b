/** Numbers of a column that follow one another, of which none has to be looked at by itself: they are summarised together. */
import type { Cells } from '../files/cells.ts';
import { BLOCK, type Kernels, type NumbersRead } from '../kernels/kernels.ts';
import { hashOfBytes } from '../values/hash.ts';
import { isPlainSize, ReadNumber, readPlainNumber } from '../values/plain-number.ts';
import type { ValueCounts } from './counts.ts';
import { type DictionaryNumbers, FACT } from './dictionary-numbers.ts';
import { grouped, inThousands, mayBeGrouped, type Numbers, wholeLength } from './number-cells.ts';

/** Which numbers may go into a block, by what is known of their column. */
export interface BlockRules {
  readonly most: number;
  /** Whether numbers with a point may, which have another value with a comma as the decimal mark, or none. */
  readonly points: boolean;
  /** Whether there are such numbers: of the others, the value with a comma need not be known. */
  readonly differ: boolean;
  /** Numbers that are words for "no value". */
  readonly missing: ReadonlySet<number>;
  /** Those that were counted before, which are counted again. Absent: any. */
  readonly counts: ValueCounts | undefined;
}

export class NumberBlock implements NumbersRead {
  values: Float64Array = new Float64Array(BLOCK);
  /** The values with a comma as the decimal mark, of those that have one. */
  withComma: Float64Array = new Float64Array(BLOCK);
  length = 0;
  /** Of the first of them; the others follow it. */
  row = 0;
  commas = 0;
  /** Of those without a point: how many there are, and how many characters they have. */
  digits = { least: Number.POSITIVE_INFINITY, most: 0, cells: 0 };
  leadingZeros = 0;
  /** Characters of the longest one. */
  longest = 0;
  /** Those in whose memory the values lie, if any do. */
  kernels: Kernels | undefined;
  readonly #number = new ReadNumber();

  /** Takes numbers from a row on. */
  takeCells(cells: Cells, column: number, from: number, rules: BlockRules): void {
    this.#reset();
    const { bytes, columns, rows, starts, ends, kernels } = cells;
    const { most, points, missing, counts } = rules;
    if (kernels && !counts && missing.size === 0) {
      Object.assign(this, kernels.readNumbers(cells, from * columns + column, Math.min(rows - from, most), points));
      this.kernels = kernels;
      return;
    }
    const number = this.#number;
    const last = Math.min(rows, from + most);
    for (let row = from, at = from * columns + column; row < last; row++, at += columns) {
      const [start, end] = [starts[at]!, ends[at]!];
      if (!readPlainNumber(bytes, start, end, number)) return;
      const { value, withComma, hasPoint } = number;
      if ((hasPoint && !points) || (missing.size > 0 && missing.has(value))) return;
      if (counts) {
        const entry = counts.find(bytes, start, end, hashOfBytes(bytes, start, end));
        if (!counts.repeat(entry)) return;
        // Of those that are not counted, how they are written is part of what they are.
        if (number.leadingZero) this.leadingZeros++;
      } else if (number.leadingZero) return;
      const length = end - start;
      if (length > this.longest) this.longest = length;
      if (!hasPoint) this.#countDigits(length);
      this.#add(value, withComma);
    }
  }

  /**
   * Takes values of rows that all have one.
   * @param entries of the values among the counted ones, where `rules` want those
   */
  takeNumbers(
    { values, isReal }: Numbers,
    { from, to }: { readonly from: number; readonly to: number },
    { most, points, missing, counts }: BlockRules,
    entries: Entries,
  ): void {
    this.#reset();
    if (isReal && !points) return;
    const last = Math.min(to, from + most);
    if (isReal && !counts && missing.size === 0) {
      this.#takeReal(values, from, last);
      return;
    }
    for (let at = from; at < last; at++) {
      const value = values[at]! + 0;
      if (!isPlainSize(Math.abs(value)) || (missing.size > 0 && missing.has(value))) break;
      if (counts && !counts.repeat(entries.get(value) ?? -1)) break;
      if (!isReal) this.#countDigits(wholeLength(value));
      this.#add(value, isReal ? grouped(value) : value);
    }
    this.longest = this.digits.most;
  }

  /** The usual case of numbers with a point, any of which may be taken. */
  #takeReal(values: Float64Array, from: number, to: number): void {
    const { values: into, withComma } = this;
    let length = 0;
    let commas = 0;
    for (let at = from; at < to; at++) {
      const value = values[at]! + 0;
      if (!isPlainSize(Math.abs(value))) break;
      into[length++] = value;
      if (!mayBeGrouped(value)) continue;
      const thousands = grouped(value);
      if (!Number.isNaN(thousands)) withComma[commas++] = thousands;
    }
    this.length = length;
    this.commas = commas;
  }

  /** Takes numbers of a dictionary, of rows that all have one. What is known of each of these is not in the block. */
  takeCodes(
    dictionary: DictionaryNumbers,
    codes: ArrayLike<number>,
    { from, to }: { readonly from: number; readonly to: number },
    { most, points, differ, counts }: BlockRules,
  ): void {
    this.#reset();
    const { values, isReal, facts, occurrences } = dictionary;
    if (isReal && !points) return;
    const last = Math.min(to, from + most);
    if (!counts && dictionary.arePlain) {
      this.#gather(dictionary, codes, { from, to: last }, differ);
      return;
    }
    const { values: into, withComma: intoWithComma } = this;
    const wanted = differ ? FACT.comma : 0;
    const needed = counts ? FACT.plain | FACT.counted : FACT.plain;
    let length = 0;
    let commas = 0;
    for (let at = from; at < last; at++) {
      const code = codes[at]!;
      const fact = facts[code]!;
      if ((fact & needed) !== needed) break;
      if (counts) occurrences[code]!++;
      if ((fact & FACT.used) === 0) facts[code] = fact | FACT.used;
      const value = values[code]!;
      into[length++] = value;
      if ((fact & wanted) !== 0) intoWithComma[commas++] = isReal ? inThousands(value) : value;
    }
    this.length = length;
    this.commas = commas;
    if (!isReal) this.digits.cells = length;
  }

  /** The same of a dictionary of which all may be taken, without a branch that would be guessed wrong for every other value. */
  #gather(
    { values, isReal, facts }: DictionaryNumbers,
    codes: ArrayLike<number>,
    { from, to }: { readonly from: number; readonly to: number },
    differ: boolean,
  ): void {
    const { values: into, withComma } = this;
    const wanted = differ && isReal ? FACT.comma : 0;
    let commas = 0;
    for (let at = from; at < to; at++) {
      const code = codes[at]!;
      const fact = facts[code]!;
      facts[code] = fact | FACT.used;
      const value = values[code]!;
      into[at - from] = value;
      // Where there is none, the next one is put in its place.
      withComma[commas] = inThousands(value);
      commas += (fact & wanted) >> COMMA_BIT;
    }
    this.length = to - from;
    this.commas = commas;
    if (isReal) return;
    this.digits.cells = this.length;
    if (!differ) return;
    withComma.set(into.subarray(0, this.length));
    this.commas = this.length;
  }

  #reset(): void {
    this.length = this.commas = this.longest = this.leadingZeros = this.digits.cells = this.digits.most = 0;
    this.digits.least = Number.POSITIVE_INFINITY;
    this.kernels = undefined;
  }

  #add(value: number, withComma: number): void {
    this.values[this.length++] = value;
    if (!Number.isNaN(withComma)) this.withComma[this.commas++] = withComma;
  }

  #countDigits(length: number): void {
    const { digits } = this;
    digits.cells++;
    if (length < digits.least) digits.least = length;
    if (length > digits.most) digits.most = length;
  }
}

/** Of `FACT.comma`. */
const COMMA_BIT = 1;

/** By value. */
export type Entries = Pick<ReadonlyMap<number, number>, 'get'>;
