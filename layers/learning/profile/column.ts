import type { ColumnProfile, ColumnType } from '#domain/datasets/profile.ts';
import { isMissing } from '../csv/missing.ts';
import { type CountBounds, ValueCounts } from './counts.ts';
import { DistinctCount } from './distinct.ts';
import { Moments } from './moments.ts';
import { parseBoolean, parseNumber, parseTimestamp } from './parse.ts';

/** The most distinct values of a category column. With more, it is text. */
export const MAX_CATEGORIES = 1000;
/** A column with so few distinct values is categorical, however short the file. */
const ALWAYS_CATEGORY = 50;
const TOP_VALUES = 20;

/** At most about 250 MB for 2000 columns together. */
const COUNT_BOUNDS: CountBounds = { values: MAX_CATEGORIES, characters: 32_768 };

/** A value that is not a number, and its row (from 1 after the header). */
export interface Odd {
  readonly row: number;
  readonly value: string;
}

/** What is known of a column so far. */
export class ColumnSummary {
  readonly name: string;
  readonly numbers = new Moments();
  readonly counts: ValueCounts;
  /** The first value that is not a number. */
  firstOdd: Odd | undefined;
  missing = 0;
  present = 0;
  allIntegers = true;
  readonly #times = new Moments();
  readonly #distinct = new DistinctCount();
  #mayBeTime = true;
  /** The only pair of boolean words so far: -1 before the first, undefined once there was any other value. */
  #booleanPair: number | undefined = -1;

  constructor(name: string, bounds: CountBounds = COUNT_BOUNDS) {
    this.name = name;
    this.counts = new ValueCounts(bounds);
  }

  /** Adds the next row's cell. */
  add(cell: string, row: number): void {
    if (isMissing(cell)) {
      this.missing++;
      return;
    }
    this.present++;
    this.#distinct.add(cell);
    // If there are too many distinct numbers to count, their frequencies are not needed.
    if (!this.counts.overflowed || this.firstOdd !== undefined) this.counts.add(cell);
    if (this.firstOdd === undefined) this.#asNumber(cell, row);
    if (this.#mayBeTime) this.#asTime(cell);
    if (this.#booleanPair !== undefined) this.#asBoolean(cell);
  }

  get distinct(): number {
    return this.#distinct.count;
  }

  get type(): ColumnType {
    if (this.present === 0) return 'text';
    if (this.firstOdd === undefined) return 'number';
    if (this.#mayBeTime) return 'timestamp';
    if (this.#booleanPair !== undefined) return 'boolean';
    const few = this.distinct <= ALWAYS_CATEGORY || this.distinct <= this.present / 2;
    return few && !this.counts.overflowed ? 'category' : 'text';
  }

  profile(): ColumnProfile {
    const { name, type, missing } = this;
    const head = { name, type, missing, distinct: this.distinct, distinct_estimated: this.#distinct.estimated };
    const moments = { number: this.numbers, timestamp: this.#times, category: null, boolean: null, text: null }[type];
    if (!moments) return { ...head, top_values: this.counts.top(TOP_VALUES) };
    const { min, max, mean, standardDeviation: standard_deviation } = moments;
    return { ...head, min, max, mean, standard_deviation };
  }

  #asNumber(cell: string, row: number): void {
    const value = parseNumber(cell);
    if (Number.isNaN(value)) this.firstOdd = { row, value: cell };
    else {
      this.numbers.add(value);
      this.allIntegers &&= Number.isInteger(value);
    }
  }

  #asTime(cell: string): void {
    const time = parseTimestamp(cell);
    if (Number.isNaN(time)) this.#mayBeTime = false;
    else this.#times.add(time);
  }

  #asBoolean(cell: string): void {
    const pair = parseBoolean(cell)?.pair;
    const same = pair !== undefined && (this.#booleanPair === -1 || this.#booleanPair === pair);
    this.#booleanPair = same ? pair : undefined;
  }
}
