import type { Cells } from '../files/cells.ts';
import { isMissing, type MissingWords, missingWords } from '../values/missing.ts';
import { DECIMAL_MARKS } from '../values/number.ts';
import { DATE_ORDERS } from '../values/time.ts';
import { Alternatives, type Place } from './candidate.ts';
import { type CellFacts, factsOf } from './cell-facts.ts';
import { BytesText, type CellText } from './cell-text.ts';
import { CATEGORY_CHARACTERS, type CountBounds, ValueCounts } from './counts.ts';
import { DistinctCount, hashOfAscii } from './distinct.ts';
import { type PlainNumber, readPlainNumber } from './plain-number.ts';

/** The most distinct values of a category column. With more, it is text. */
export const MAX_CATEGORIES = 1000;

/** At most about 250 MB for 2000 columns together. */
const COUNT_BOUNDS: CountBounds = { values: MAX_CATEGORIES + 24, characters: 32_768 };

/** Of a column. */
const REMEMBERED = 2048;

interface KnownCell extends CellFacts {
  readonly isMissing: boolean;
}

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
  /** Whether a number may be a word for "no value". */
  readonly #mayMissNumbers: boolean;
  /** What is known of cells that occur again and again. */
  readonly #known = new Map<string, KnownCell>();
  readonly #number: PlainNumber = { value: 0, withComma: 0, hasPoint: false, leadingZero: false };
  readonly #cell = new BytesText();
  readonly #distinct = new DistinctCount();
  /** The only pair of boolean words so far: -1 before the first, undefined once there was any other value. */
  #booleanPair: number | undefined = -1;

  constructor(name: string, { bounds = COUNT_BOUNDS, missing }: SummaryOptions = {}) {
    this.name = name;
    this.counts = new ValueCounts(bounds);
    this.#missing = missingWords(missing);
    this.#mayMissNumbers = this.#missing.values().some((word) => /\d/.test(word));
  }

  /** Adds the next row's cell, without blanks around it. */
  add(cell: string, row: number): void {
    if (cell === '') {
      this.empty.add(cell, row);
      return;
    }
    if (this.#isCounted) this.counts.add(cell, row);
    const facts = this.#factsOf(cell);
    if (facts.isMissing) {
      this.absent.add(cell, row);
      return;
    }
    this.#addPresent(cell, cell.length, row, facts.hash);
    this.#asBoolean(facts.pair);
    if (facts.isPlain) this.#asPlain(facts, cell, cell.length, row);
    else this.#asOther(facts, cell, row);
  }

  /** Adds the cells of some rows that come after `before` others. */
  addCells(cells: Cells, column: number, before: number): void {
    const { bytes, columns, rows, starts, ends } = cells;
    for (let i = 0; i < rows; i++) {
      const start = starts[i * columns + column]!;
      const end = ends[i * columns + column]!;
      const row = before + i + 1;
      // What is counted by its text, or could be a word for "no value", takes the long way.
      if (this.#isCounted || this.#mayMissNumbers || !readPlainNumber(bytes, start, end, this.#number)) {
        this.add(start === end ? '' : cells.text(i, column).trim(), row);
      } else this.#addPlain(bytes, start, end, row);
    }
  }

  #addPlain(bytes: Buffer, start: number, end: number, row: number): void {
    // Most cells are never looked at as text.
    this.#cell.at(bytes, start, end);
    this.#addPresent(this.#cell, end - start, row, hashOfAscii(bytes, start, end));
    this.#booleanPair = undefined;
    this.#asPlain(this.#number, this.#cell, end - start, row);
  }

  /** If there are too many distinct numbers to count, their frequencies are not needed. */
  get #isCounted(): boolean {
    return !this.counts.overflowed || this.numbers.of('.').readable * 2 < this.present;
  }

  #addPresent(cell: CellText, length: number, row: number, hash: number): void {
    this.present++;
    this.first ??= { row, value: String(cell) };
    this.#distinct.addHash(hash);
    if (length > this.longest) this.longest = length;
  }

  #factsOf(cell: string): KnownCell {
    const known = this.#known.get(cell);
    if (known) return known;
    const facts = { ...factsOf(cell), isMissing: isMissing(cell, this.#missing) };
    if (this.#known.size < REMEMBERED && cell.length <= CATEGORY_CHARACTERS) this.#known.set(cell, facts);
    return facts;
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

  #asPlain(
    { value, withComma, hasPoint, leadingZero }: PlainNumber,
    cell: CellText,
    length: number,
    row: number,
  ): void {
    if (hasPoint) this.numbers.add(value, withComma, cell, row);
    else {
      this.numbers.addSame(value, cell, row);
      if (leadingZero) this.leadingZeros.add(String(cell), row);
      this.#asDigits(length);
    }
    this.allIntegers &&= Number.isInteger(value);
    this.times.addSame(Number.NaN, cell, row);
  }

  #asOther({ value, withComma, unit, isOrdered, dayFirst, monthFirst }: CellFacts, cell: string, row: number): void {
    this.numbers.add(value, withComma, cell, row);
    if (Number.isNaN(value) && Number.isNaN(withComma)) {
      if (!this.hasBlanks) this.hasBlanks = cell.includes(' ');
      if (isOrdered) {
        this.dateMark ??= cell.match(/[-/.]/)?.[0];
        this.times.add(dayFirst, monthFirst, cell, row);
      } else this.times.addSame(dayFirst, cell, row);
      return;
    }
    this.allIntegers &&= Number.isInteger(value);
    this.times.addSame(Number.NaN, cell, row);
    this.#countUnit(unit, cell, row);
  }

  #countUnit(unit: string, cell: string, row: number): void {
    const known = this.units.get(unit) ?? new Occurrences();
    known.add(cell, row);
    if (this.units.size < MOST_UNITS) this.units.set(unit, known);
  }

  #asDigits(length: number): void {
    const { digits } = this;
    digits.cells++;
    if (length < digits.least) digits.least = length;
    if (length > digits.most) digits.most = length;
  }

  #asBoolean(pair: number | undefined): void {
    if (this.#booleanPair === undefined) return;
    const same = pair !== undefined && (this.#booleanPair === -1 || this.#booleanPair === pair);
    this.#booleanPair = same ? pair : undefined;
  }
}
