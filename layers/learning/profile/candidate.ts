/** One way in which a column may be written, and what its values are if it is. */
import type { CellText } from './cell-text.ts';
import { Moments, type MomentsState } from './moments.ts';
import type { NumberBlock } from './number-block.ts';
import { QuantileSketch, type QuantilesState } from './quantiles.ts';

/** A value, and its row (from 1 after the header). */
export interface Place {
  readonly row: number;
  readonly value: string;
}

/** So many different values that cannot be read are words for "no value" or "unknown", however often they occur. */
const FEW_WORDS = 3;
/** The share of all values that may be unreadable whatever they are. */
const UNREADABLE_SHARE = 0.1;

export interface CandidateState {
  readonly moments: MomentsState;
  readonly quantiles: QuantilesState;
  readonly unreadable: number;
  readonly firstUnreadable: Place | undefined;
  readonly odd: readonly string[];
}

export class Candidate {
  moments = new Moments();
  quantiles = new QuantileSketch();
  unreadable = 0;
  firstUnreadable: Place | undefined;
  #odd = new Set<string>();

  /** @param value NaN if the cell cannot be read this way */
  add(value: number, cell: CellText, row: number): void {
    if (!Number.isNaN(value)) {
      this.moments.add(value);
      this.quantiles.add(value);
      return;
    }
    this.unreadable++;
    this.firstUnreadable ??= { row, value: String(cell) };
    if (this.#odd.size <= FEW_WORDS) this.#odd.add(String(cell));
  }

  /** Adds the first `length` of the values, which can all be read. */
  addAll(values: Float64Array, length: number): void {
    this.moments.addAll(values, length);
    this.quantiles.addAll(values, length);
  }

  /** Adds cells that cannot be read, of which nothing more is kept. */
  addUnreadable(count: number): void {
    this.unreadable += count;
  }

  /** Whether nothing more is kept of cells that cannot be read. */
  get isSettled(): boolean {
    return this.#odd.size > FEW_WORDS;
  }

  get readable(): number {
    return this.moments.count;
  }

  /** Whether most values are written this way: then the rest counts as missing. */
  get fits(): boolean {
    const present = this.readable + this.unreadable;
    const fewOdd = this.#odd.size <= FEW_WORDS || this.unreadable <= UNREADABLE_SHARE * present;
    return this.readable > present / 2 && fewOdd;
  }

  static from({ moments, quantiles, unreadable, firstUnreadable, odd }: CandidateState): Candidate {
    const candidate = new Candidate();
    candidate.moments = Moments.from(moments);
    candidate.quantiles = QuantileSketch.from(quantiles);
    candidate.unreadable = unreadable;
    candidate.firstUnreadable = firstUnreadable;
    candidate.#odd = new Set(odd);
    return candidate;
  }

  get state(): CandidateState {
    const { moments, quantiles, unreadable, firstUnreadable } = this;
    return {
      ...{ moments: moments.state, quantiles: quantiles.state, unreadable, firstUnreadable },
      odd: [...this.#odd],
    };
  }
}

export interface AlternativesState {
  readonly first: CandidateState;
  readonly second: CandidateState | undefined;
  readonly firstDifference: Place | undefined;
}

/** Two ways, of which the column settles one. They are the same up to the first value that they read differently. */
export class Alternatives<Way extends string> {
  readonly #ways: readonly [Way, Way];
  #first = new Candidate();
  #second: Candidate | undefined;
  /** The first value that the two ways read differently. */
  firstDifference: Place | undefined;

  constructor(ways: readonly [Way, Way]) {
    this.#ways = ways;
  }

  restore({ first, second, firstDifference }: AlternativesState): void {
    this.#first = Candidate.from(first);
    this.#second = second && Candidate.from(second);
    this.firstDifference = firstDifference;
  }

  get state(): AlternativesState {
    return { first: this.#first.state, second: this.#second?.state, firstDifference: this.firstDifference };
  }

  /** Adds a cell that both ways read as the same value. */
  addSame(value: number, cell: CellText, row: number): void {
    this.#first.add(value, cell, row);
    this.#second?.add(value, cell, row);
  }

  /** @param first what the first way makes of the cell; NaN if it cannot read it */
  add(first: number, second: number, cell: CellText, row: number): void {
    if (!this.#second && !Object.is(first, second)) {
      // The same so far: the other way differs from here on.
      this.#second = Candidate.from(this.#first.state);
      this.firstDifference = { row, value: String(cell) };
    }
    this.#first.add(first, cell, row);
    this.#second?.add(second, cell, row);
  }

  /** Adds numbers of which the second way cannot read some: those are the ones that a second way is known for. */
  addBlock({ values, length, withComma, commas }: NumberBlock): void {
    this.#first.addAll(values, length);
    this.#second?.addAll(withComma, commas);
    this.#second?.addUnreadable(length - commas);
  }

  /** Adds cells that neither way can read, of which nothing more is kept. */
  addUnreadable(count: number): void {
    this.#first.addUnreadable(count);
    this.#second?.addUnreadable(count);
  }

  /** Whether nothing more is kept of cells that one way or both cannot read. */
  get isSettled(): boolean {
    return this.#first.isSettled && (this.#second?.isSettled ?? true);
  }

  /** The same of those that the second way alone cannot read. */
  get isSecondSettled(): boolean {
    return this.#second?.isSettled ?? false;
  }

  of(way: Way): Candidate {
    return way === this.#ways[1] ? (this.#second ?? this.#first) : this.#first;
  }

  /** The way that reads more values; undefined if both read the same number of them. */
  get better(): Way | undefined {
    const difference = (this.#second?.unreadable ?? this.#first.unreadable) - this.#first.unreadable;
    if (difference === 0) return undefined;
    return this.#ways[difference > 0 ? 0 : 1];
  }

  /** Whether there are values that the two read differently. */
  get differ(): boolean {
    return this.#second !== undefined;
  }
}
