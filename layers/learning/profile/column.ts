import { DATE_ORDERS } from '#domain/datasets/column-format.ts';
import { DECIMAL_MARKS } from '../values/number.ts';
import type { PlainNumber } from '../values/plain-number.ts';
import { Alternatives, type AlternativesState } from './alternatives.ts';
import type { Place } from './candidate.ts';
import type { CellFacts } from './cell-facts.ts';
import type { CellText } from './cell-text.ts';
import { type CountBounds, type CountsState, ValueCounts } from './counts.ts';
import type { DictionaryNumbers } from './dictionary-numbers.ts';
import { DistinctCount, type DistinctState } from './distinct.ts';
import type { BlockRules, NumberBlock } from './number-block.ts';
import { wholeLength } from './number-cells.ts';
import { spanOfTimes, type TimeBlock, type TimeRules, type TimeSpan } from './time-block.ts';

/** The most distinct values of a category column. With more, it is text. */
export const MAX_CATEGORIES = 1000;

/** At most about 250 MB for 2000 columns together. */
const COUNT_BOUNDS: CountBounds = { values: MAX_CATEGORIES + 24, characters: 32_768 };

/** With more units, what they are does not matter any more. */
export const MOST_UNITS = 4;

/** Rows, and the first of them. */
export interface Occurrences {
  rows: number;
  first: Place | undefined;
}

const none = (): Occurrences => ({ rows: 0, first: undefined });

function occur(of: Occurrences, cell: CellText, row: number): void {
  of.rows++;
  of.first ??= { row, value: String(cell) };
}

/** Fields that are stored as they are. */
const FIELDS = [
  ...(['empty', 'absent', 'leadingZeros', 'digits', 'units', 'dateMark', 'present', 'first', 'longest'] as const),
  ...(['hasBlanks', 'allIntegers', 'booleanPair'] as const),
];

/** Everything that was found in a column so far: with it, reading goes on elsewhere. */
export interface ColumnState {
  readonly fields: Pick<ColumnSummary, (typeof FIELDS)[number]>;
  readonly counts: CountsState;
  readonly numbers: AlternativesState;
  readonly times: AlternativesState;
  readonly distinct: DistinctState;
}

/** Everything that a file says about a column, whatever will be made of it. Memory does not depend on the number of rows. */
export class ColumnSummary {
  readonly name: string;
  /** Of all cells but the empty ones: a class may be called "none". */
  readonly counts: ValueCounts;
  readonly numbers = new Alternatives(DECIMAL_MARKS);
  readonly times = new Alternatives(DATE_ORDERS);
  /** Cells that are empty, and those with a word for "no value". */
  empty = none();
  absent = none();
  /** Whole numbers that begin with a 0, such as 007, and how long whole numbers are. */
  leadingZeros = none();
  digits = { least: Number.POSITIVE_INFINITY, most: 0, cells: 0 };
  units = new Map<string, Occurrences>();
  /** What separates day, month and year, as far as the year comes last. */
  dateMark: string | undefined;
  /** Values apart from missing ones, and the first of them. */
  present = 0;
  first: Place | undefined;
  longest = 0;
  hasBlanks = false;
  allIntegers = true;
  /** The only pair of boolean words so far: -1 before the first, undefined once there was any other value. */
  booleanPair: number | undefined = -1;
  #distinct = new DistinctCount();
  /** Among the words that are counted or remembered, once there is no room for others. */
  #knownTimes: TimeSpan | undefined;

  constructor(name: string, bounds: CountBounds = COUNT_BOUNDS) {
    this.name = name;
    this.counts = new ValueCounts(bounds);
  }

  restore({ fields, counts, numbers, times, distinct }: ColumnState): void {
    Object.assign(this, structuredClone(fields));
    this.counts.restore(counts);
    this.numbers.restore(numbers);
    this.times.restore(times);
    this.#distinct = new DistinctCount(distinct);
    this.#knownTimes = undefined;
  }

  get state(): ColumnState {
    const fields = structuredClone(Object.fromEntries(FIELDS.map((field) => [field, this[field]])));
    return {
      fields: fields as unknown as ColumnState['fields'],
      ...{ counts: this.counts.state, numbers: this.numbers.state, times: this.times.state },
      distinct: this.#distinct.state,
    };
  }

  get distinct(): number {
    return Math.min(this.present, this.#distinct.count);
  }

  get distinctEstimated(): boolean {
    return this.#distinct.estimated;
  }

  get isBoolean(): boolean {
    return this.present > 0 && this.booleanPair !== undefined;
  }

  /** If there are too many distinct numbers to count, their frequencies are not needed. */
  get isCounted(): boolean {
    return !this.counts.overflowed || this.numbers.readable * 2 < this.present;
  }

  addEmpty(row: number): void {
    occur(this.empty, '', row);
  }

  /** A word for "no value". */
  addAbsent(word: string, row: number): void {
    occur(this.absent, word, row);
  }

  /** @param length in characters */
  addPlain(number: PlainNumber, cell: CellText, length: number, hash: number, row: number): void {
    const { value, withComma, hasPoint, leadingZero } = number;
    this.#addPresent(cell, length, hash, row);
    this.booleanPair = undefined;
    if (hasPoint) this.numbers.add([value, withComma], cell, row);
    else {
      this.numbers.addSame(value, cell, row);
      if (leadingZero) occur(this.leadingZeros, cell, row);
      this.#asDigits(length);
    }
    this.allIntegers &&= Number.isInteger(value);
    this.times.addSame(Number.NaN, cell, row);
  }

  /** Which numbers may be added as a block: any, or those that are `counted`. Undefined: none. */
  blockRules(missing: ReadonlySet<number>, most: number): BlockRules | undefined {
    if (this.present === 0 || this.booleanPair !== undefined) return undefined;
    const { differ } = this.numbers;
    if (!this.isCounted) {
      if (!this.times.isSettled) return undefined;
      return { most, missing, points: differ && this.numbers.isSecondSettled, differ, counts: undefined };
    }
    // Behind so many numbers they are not counted any more.
    const left = this.counts.overflowed ? this.present - 2 * this.numbers.readable : most;
    return { most: Math.min(most, left), missing, points: differ, differ, counts: this.counts };
  }

  /** @param known whether their values were added before, or will be added by `addUsed` */
  addBlock(block: NumberBlock, known: boolean): void {
    const { values, length, digits, longest, leadingZeros, kernels } = block;
    this.present += length;
    if (!known) this.#distinct.addNumbers(values, length, kernels);
    if (longest > this.longest) this.longest = longest;
    this.numbers.addBlock(block);
    this.leadingZeros.rows += leadingZeros;
    this.digits.cells += digits.cells;
    this.digits.least = Math.min(this.digits.least, digits.least);
    this.digits.most = Math.max(this.digits.most, digits.most);
    // Those without a point are whole numbers.
    if (digits.cells < length && this.allIntegers) this.allIntegers = areIntegers(values, length);
    this.times.addUnreadable(length);
  }

  /** Which times may be added as a block. Undefined: none. */
  timeRules(missing: ReadonlySet<number>): TimeRules | undefined {
    const { counts } = this;
    const isUsual = this.present > 0 && this.booleanPair === undefined && counts.overflowed && counts.isFull;
    if (!isUsual || !this.numbers.isSettled) return undefined;
    // There is no room for others.
    this.#knownTimes ??= spanOfTimes(counts.words());
    return { missing, counts, known: this.#knownTimes };
  }

  /** Adds times that are no numbers. */
  addTimes({ values, hashes, length, longest, hasBlanks, row }: TimeBlock): void {
    this.present += length;
    for (let i = 0; i < length; i++) this.#distinct.add(hashes[i]!);
    if (longest > this.longest) this.longest = longest;
    this.hasBlanks ||= hasBlanks;
    this.numbers.addUnreadable(length);
    this.times.addAllSame(values, length, row);
  }

  /** Adds numbers of a dictionary that occur, once each; their rows were added in blocks. */
  addUsed(numbers: DictionaryNumbers): void {
    const { digits } = this;
    const { occurrences, entries } = numbers;
    for (let code = 0; code < occurrences.length; code++) {
      if (occurrences[code] === 0) continue;
      this.counts.repeat(entries[code]!, occurrences[code]);
      occurrences[code] = 0;
    }
    const { places, count } = numbers.takeUsed();
    for (let i = 0; i < count; i++) {
      const value = numbers.values[places[i]!]!;
      this.#distinct.addNumber(value);
      if (numbers.isReal) continue;
      const length = wholeLength(value);
      if (length > this.longest) this.longest = length;
      if (length < digits.least) digits.least = length;
      if (length > digits.most) digits.most = length;
    }
  }

  /** Words, no numbers and no times, that were added before. */
  addWordsAgain(count: number): void {
    this.present += count;
    this.numbers.addUnreadable(count);
    this.times.addUnreadable(count);
  }

  /** A time, or NaN for a word that is no number. */
  addTime(time: number, cell: CellText, length: number, hash: number, row: number): void {
    this.#addPresent(cell, length, hash, row);
    this.booleanPair = undefined;
    this.numbers.addSame(Number.NaN, cell, row);
    this.times.addSame(time, cell, row);
  }

  /** A cell that is no plain number. */
  addOther(facts: CellFacts, cell: string, hash: number, row: number): void {
    const { value, withComma, unit, isOrdered, times, pair } = facts;
    this.#addPresent(cell, cell.length, hash, row);
    this.#asBoolean(pair);
    this.numbers.add([value, withComma], cell, row);
    if (Number.isNaN(value) && Number.isNaN(withComma)) {
      if (!this.hasBlanks) this.hasBlanks = cell.includes(' ');
      if (isOrdered) {
        this.dateMark ??= cell.match(/[-/.]/)?.[0];
        this.times.add(times, cell, row);
      } else this.times.addSame(times[0]!, cell, row);
      return;
    }
    this.allIntegers &&= Number.isInteger(value);
    this.times.addSame(Number.NaN, cell, row);
    this.#countUnit(unit, cell, row);
  }

  #addPresent(cell: CellText, length: number, hash: number, row: number): void {
    this.present++;
    this.first ??= { row, value: String(cell) };
    this.#distinct.add(hash);
    if (length > this.longest) this.longest = length;
  }

  #countUnit(unit: string, cell: string, row: number): void {
    const known = this.units.get(unit) ?? none();
    occur(known, cell, row);
    if (this.units.size < MOST_UNITS) this.units.set(unit, known);
  }

  #asDigits(length: number): void {
    const { digits } = this;
    digits.cells++;
    if (length < digits.least) digits.least = length;
    if (length > digits.most) digits.most = length;
  }

  #asBoolean(pair: number | undefined): void {
    if (this.booleanPair === undefined) return;
    const same = pair !== undefined && (this.booleanPair === -1 || this.booleanPair === pair);
    this.booleanPair = same ? pair : undefined;
  }
}

function areIntegers(values: Float64Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (!Number.isInteger(values[i])) return false;
  return true;
}
