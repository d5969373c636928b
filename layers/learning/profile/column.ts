import { isMissing, type MissingWords, missingWords } from '../values/missing.ts';
import { DECIMAL_MARKS, isPlainNumber, parseNumber, unitOf } from '../values/number.ts';
import { DATE_ORDERS, isOrdered, parseTime } from '../values/time.ts';
import { parseBoolean } from '../values/truth.ts';
import { Alternatives, type Place } from './candidate.ts';
import { type CountBounds, ValueCounts } from './counts.ts';
import { DistinctCount } from './distinct.ts';

/** The most distinct values of a category column. With more, it is text. */
export const MAX_CATEGORIES = 1000;

/** At most about 250 MB for 2000 columns together. */
const COUNT_BOUNDS: CountBounds = { values: MAX_CATEGORIES + 24, characters: 32_768 };

/** With more units, what they are does not matter any more. */
const MOST_UNITS = 4;

export interface SummaryOptions {
  readonly bounds?: CountBounds;
  /** The words that mean "no value". Default: the usual ones. */
  readonly missing?: readonly string[] | undefined;
}

/** Rows, and the first of them. */
export class Occurrences {
  rows = 0;
  first: Place | undefined;

  add(value: string, row: number): void {
    this.rows++;
    this.first ??= { row, value };
  }
}

/** Everything that a file says about a column, whatever will be made of it. Memory does not depend on the number of rows. */
export class ColumnSummary {
  readonly name: string;
  /** Of all cells but the empty ones: a class may be called "none". */
  readonly counts: ValueCounts;
  readonly numbers = new Alternatives(DECIMAL_MARKS);
  readonly times = new Alternatives(DATE_ORDERS);
  /** Cells that are empty, and those with a word for "no value". */
  readonly empty = new Occurrences();
  readonly absent = new Occurrences();
  /** Whole numbers that begin with a 0, such as 007, and how long whole numbers are. */
  readonly leadingZeros = new Occurrences();
  readonly digits = { least: Number.POSITIVE_INFINITY, most: 0, cells: 0 };
  readonly units = new Map<string, Occurrences>();
  /** What separates day, month and year, as far as the year comes last. */
  dateMark: string | undefined;
  /** Values apart from missing ones, and the first of them. */
  present = 0;
  first: Place | undefined;
  longest = 0;
  hasBlanks = false;
  allIntegers = true;
  readonly #missing: MissingWords;
  readonly #distinct = new DistinctCount();
  /** The only pair of boolean words so far: -1 before the first, undefined once there was any other value. */
  #booleanPair: number | undefined = -1;

  constructor(name: string, { bounds = COUNT_BOUNDS, missing }: SummaryOptions = {}) {
    this.name = name;
    this.counts = new ValueCounts(bounds);
    this.#missing = missingWords(missing);
  }

  /** Adds the next row's cell, without blanks around it. */
  add(cell: string, row: number): void {
    if (cell === '') {
      this.empty.add(cell, row);
      return;
    }
    // If there are too many distinct numbers to count, their frequencies are not needed.
    if (!this.counts.overflowed || this.numbers.of('.').readable * 2 < this.present) this.counts.add(cell, row);
    if (isMissing(cell, this.#missing)) {
      this.absent.add(cell, row);
      return;
    }
    this.present++;
    this.first ??= { row, value: cell };
    this.#distinct.add(cell);
    if (cell.length > this.longest) this.longest = cell.length;
    if (this.#booleanPair !== undefined) this.#asBoolean(cell);
    this.#asNumber(cell, row);
  }

  isAbsent(value: string): boolean {
    return isMissing(value, this.#missing);
  }

  get distinct(): number {
    return Math.min(this.present, this.#distinct.count);
  }

  get distinctEstimated(): boolean {
    return this.#distinct.estimated;
  }

  get isBoolean(): boolean {
    return this.present > 0 && this.#booleanPair !== undefined;
  }

  #asNumber(cell: string, row: number): void {
    const value = parseNumber(cell);
    if (isPlainNumber(cell)) {
      if (cell.includes('.')) this.numbers.add(value, parseNumber(cell, ','), cell, row);
      else {
        this.numbers.addSame(value, cell, row);
        this.#asDigits(cell, row);
      }
      this.allIntegers &&= Number.isInteger(value);
      this.times.addSame(Number.NaN, cell, row);
      return;
    }
    const other = parseNumber(cell, ',');
    this.numbers.add(value, other, cell, row);
    if (Number.isNaN(value) && Number.isNaN(other)) {
      if (!this.hasBlanks) this.hasBlanks = cell.includes(' ');
      this.#asTime(cell, row);
      return;
    }
    this.allIntegers &&= Number.isInteger(value);
    this.times.addSame(Number.NaN, cell, row);
    this.#countUnit(unitOf(cell), cell, row);
  }

  #countUnit(unit: string, cell: string, row: number): void {
    const known = this.units.get(unit) ?? new Occurrences();
    known.add(cell, row);
    if (this.units.size < MOST_UNITS) this.units.set(unit, known);
  }

  #asDigits(cell: string, row: number): void {
    if (cell.length > 1 && cell.startsWith('0') && isDigits(cell)) this.leadingZeros.add(cell, row);
    const { digits } = this;
    digits.cells++;
    if (cell.length < digits.least) digits.least = cell.length;
    if (cell.length > digits.most) digits.most = cell.length;
  }

  #asTime(cell: string, row: number): void {
    const time = parseTime(cell, 'day_first');
    if (isOrdered(cell)) {
      this.dateMark ??= cell.match(/[-/.]/)?.[0];
      this.times.add(time, parseTime(cell, 'month_first'), cell, row);
    } else this.times.addSame(time, cell, row);
  }

  #asBoolean(cell: string): void {
    const pair = parseBoolean(cell)?.pair;
    const same = pair !== undefined && (this.#booleanPair === -1 || this.#booleanPair === pair);
    this.#booleanPair = same ? pair : undefined;
  }
}

function isDigits(cell: string): boolean {
  for (let i = 0; i < cell.length; i++) {
    const code = cell.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return true;
}
