/** The ways in which a column may be written, of which it settles one. */
import { Candidate, type CandidateState, type Place } from './candidate.ts';
import type { CellText } from './cell-text.ts';
import type { NumberBlock } from './number-block.ts';

export interface AlternativesState {
  readonly first: CandidateState;
  /** Of the other ways, those that read a value otherwise, and the first one of these. */
  readonly others: readonly (OtherState | undefined)[];
}

interface OtherState {
  readonly candidate: CandidateState;
  readonly difference: Place;
}

interface Other {
  readonly candidate: Candidate;
  /** The first value that it reads otherwise than the first way. */
  readonly difference: Place;
}

/** They are the same up to the first value that they read differently. */
export class Alternatives<Way extends string> {
  readonly #ways: readonly [Way, ...Way[]];
  #first = new Candidate();
  #others: (Other | undefined)[];

  constructor(ways: readonly [Way, ...Way[]]) {
    this.#ways = ways;
    this.#others = ways.slice(1).map(() => undefined);
  }

  restore({ first, others }: AlternativesState): void {
    this.#first = Candidate.from(first);
    this.#others = others.map(
      (other) => other && { candidate: Candidate.from(other.candidate), difference: other.difference },
    );
  }

  get state(): AlternativesState {
    return {
      first: this.#first.state,
      others: this.#others.map((other) => other && { candidate: other.candidate.state, difference: other.difference }),
    };
  }

  /** Adds a cell that all ways read as the same value. */
  addSame(value: number, cell: CellText, row: number): void {
    this.#first.add(value, cell, row);
    for (const other of this.#others) other?.candidate.add(value, cell, row);
  }

  /** Adds values that all ways read the same, of one row after another from `row` on. */
  addAllSame(values: Float64Array, length: number, row: number): void {
    this.#first.addAll(values, length, row);
    for (const other of this.#others) other?.candidate.addAll(values, length, row);
  }

  /** @param values what each of the ways makes of the cell; NaN if it cannot read it */
  add(values: readonly number[], cell: CellText, row: number): void {
    const [first = Number.NaN] = values;
    for (let i = 0; i < this.#others.length; i++) {
      const value = values[i + 1]!;
      if (!this.#others[i] && !Object.is(first, value)) {
        // The same so far: this way differs from here on.
        const candidate = Candidate.from(this.#first.state);
        this.#others[i] = { candidate, difference: { row, value: String(cell) } };
      }
      this.#others[i]?.candidate.add(value, cell, row);
    }
    this.#first.add(first, cell, row);
  }

  /** Adds numbers of which the second way cannot read some: those are the ones that a second way is known for. */
  addBlock({ values, length, withComma, commas, row }: NumberBlock): void {
    this.#first.addAll(values, length, row);
    const second = this.#others[0]?.candidate;
    second?.addAll(withComma, commas, commas === length ? row : undefined);
    second?.addUnreadable(length - commas);
  }

  /** Adds cells that no way can read, of which nothing more is kept. */
  addUnreadable(count: number): void {
    this.#first.addUnreadable(count);
    for (const other of this.#others) other?.candidate.addUnreadable(count);
  }

  /** Whether nothing more is kept of cells that no way can read, or all but some. */
  get isSettled(): boolean {
    return this.#first.isSettled && this.#others.every((other) => other?.candidate.isSettled ?? true);
  }

  /** The same of those that the second way alone cannot read. */
  get isSecondSettled(): boolean {
    return this.#others[0]?.candidate.isSettled ?? false;
  }

  /** How many values the first way reads. */
  get readable(): number {
    return this.#first.readable;
  }

  of(way: Way): Candidate {
    return this.#others[this.#ways.indexOf(way) - 1]?.candidate ?? this.#first;
  }

  /** The first value that the way reads otherwise than the first one. */
  differenceOf(way: Way): Place | undefined {
    return this.#others[this.#ways.indexOf(way) - 1]?.difference;
  }

  /** The ways that read the most values. */
  get best(): readonly Way[] {
    const least = Math.min(...this.#ways.map((way) => this.of(way).unreadable));
    return this.#ways.filter((way) => this.of(way).unreadable === least);
  }

  /** The way that reads more values than the others; undefined if several read as many. */
  get better(): Way | undefined {
    const { best } = this;
    return best.length === 1 ? best[0] : undefined;
  }

  /** Whether there are values that they read differently. */
  get differ(): boolean {
    return this.#others.some((other) => other !== undefined);
  }
}
