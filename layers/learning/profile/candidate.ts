/** One way in which a column may be written, and what its values are if it is. */
import type { CellText } from './cell-text.ts';
import { Extremes, type ExtremesState } from './extremes.ts';
import { Moments, type MomentsState } from './moments.ts';
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
  readonly extremes: ExtremesState;
  readonly unreadable: number;
  readonly firstUnreadable: Place | undefined;
  readonly odd: readonly string[];
}

export class Candidate {
  moments = new Moments();
  quantiles = new QuantileSketch();
  extremes = new Extremes();
  unreadable = 0;
  firstUnreadable: Place | undefined;
  #odd = new Set<string>();

  /** @param value NaN if the cell cannot be read this way */
  add(value: number, cell: CellText, row: number): void {
    if (!Number.isNaN(value)) {
      this.moments.add(value);
      this.quantiles.add(value);
      this.extremes.add(value, row);
      return;
    }
    this.unreadable++;
    this.firstUnreadable ??= { row, value: String(cell) };
    if (this.#odd.size <= FEW_WORDS) this.#odd.add(String(cell));
  }

  /** Adds the first `length` of the values, which can all be read: those of one row after another from `row` on, if it is known. */
  addAll(values: Float64Array, length: number, row?: number): void {
    this.moments.addAll(values, length);
    this.quantiles.addAll(values, length);
    this.extremes.addAll(values, length, row);
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

  static from({ moments, quantiles, extremes, unreadable, firstUnreadable, odd }: CandidateState): Candidate {
    const candidate = new Candidate();
    candidate.moments = Moments.from(moments);
    candidate.quantiles = QuantileSketch.from(quantiles);
    candidate.extremes = Extremes.from(extremes);
    candidate.unreadable = unreadable;
    candidate.firstUnreadable = firstUnreadable;
    candidate.#odd = new Set(odd);
    return candidate;
  }

  get state(): CandidateState {
    const { moments, quantiles, extremes, unreadable, firstUnreadable } = this;
    return {
      ...{ moments: moments.state, quantiles: quantiles.state, extremes: extremes.state },
      ...{ unreadable, firstUnreadable },
      odd: [...this.#odd],
    };
  }
}
