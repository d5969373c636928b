/**
 * Finds columns that are the target in another spelling: `1` for every "yes" and `0` for every "no", or a price in cents.
 * Rows are looked at once; a column is dropped at the first row that speaks against it, so that hardly any is looked at for
 * long.
 */
import { parseNumber } from '../values/number.ts';
import type { Place } from './candidate.ts';

/** A code with more values is not looked at. */
const MOST_VALUES = 100;
/** With fewer rows for each value, columns agree by chance. */
const ROWS_PER_VALUE = 5;
const LEAST_ROWS = 10;
/** Of the larger of the numbers: what rounding may change. */
const TOLERANCE = 1e-9;

/** What a column has been so far. `value` is that of the target. */
interface Reading {
  /** False if the row speaks against it. */
  add(cell: string, label: string): boolean;
  /** Whether there is enough that speaks for it. */
  readonly holds: boolean;
  readonly state: CodeState | LineState;
}

interface CodeState {
  readonly kind: 'code';
  /** The label of each cell. */
  readonly labels: readonly (readonly [string, string])[];
  readonly rows: number;
}

interface LineState {
  readonly kind: 'line';
  readonly first: readonly [number, number] | undefined;
  readonly line: { readonly slope: number; readonly offset: number } | undefined;
  readonly rows: number;
}

/** Each value stands for one of the target, and each of the target for one value. */
class Code implements Reading {
  readonly #labels: Map<string, string>;
  readonly #cells: Map<string, string>;
  #rows: number;

  constructor({ labels, rows }: CodeState = { kind: 'code', labels: [], rows: 0 }) {
    this.#labels = new Map(labels);
    this.#cells = new Map(labels.map(([cell, label]) => [label, cell]));
    this.#rows = rows;
  }

  get state(): CodeState {
    return { kind: 'code', labels: [...this.#labels], rows: this.#rows };
  }

  add(cell: string, label: string): boolean {
    this.#rows++;
    const known = this.#labels.get(cell);
    if (known !== undefined) return known === label;
    if (this.#cells.has(label) || this.#labels.size === MOST_VALUES) return false;
    this.#labels.set(cell, label);
    this.#cells.set(label, cell);
    return true;
  }

  get holds(): boolean {
    return this.#labels.size > 1 && this.#rows >= Math.max(LEAST_ROWS, ROWS_PER_VALUE * this.#labels.size);
  }
}

/** The target is a · x + b, with the line through the first two different points. */
class Line implements Reading {
  #first: LineState['first'];
  #line: LineState['line'];
  #rows: number;

  constructor({ first, line, rows }: Omit<LineState, 'kind'> = { first: undefined, line: undefined, rows: 0 }) {
    this.#first = first;
    this.#line = line;
    this.#rows = rows;
  }

  get state(): LineState {
    return { kind: 'line', first: this.#first, line: this.#line, rows: this.#rows };
  }

  add(cell: string, label: string): boolean {
    const [x, y] = [parseNumber(cell), parseNumber(label)];
    if (Number.isNaN(x) || Number.isNaN(y)) return cell === '' && label === '';
    this.#rows++;
    if (this.#first === undefined) this.#first = [x, y];
    const [x0, y0] = this.#first;
    if (this.#line === undefined) {
      if ((x === x0) !== (y === y0)) return false;
      if (x === x0) return true;
      const slope = (y - y0) / (x - x0);
      this.#line = { slope, offset: y0 - slope * x0 };
    }
    const { slope, offset } = this.#line;
    const scale = Math.max(Math.abs(y), Math.abs(slope * x), Math.abs(offset));
    return Math.abs(slope * x + offset - y) <= TOLERANCE * scale;
  }

  get holds(): boolean {
    return this.#line !== undefined && this.#rows >= LEAST_ROWS;
  }
}

export interface Leak {
  readonly column: number;
  readonly first: Place;
  readonly kind: 'code' | 'line';
}

interface Suspect {
  readonly column: number;
  first: Place | undefined;
  readonly readings: Map<Leak['kind'], Reading>;
}

export type LeaksState = readonly {
  readonly column: number;
  readonly first: Place | undefined;
  readonly readings: readonly (CodeState | LineState)[];
}[];

const readingOf = (state: CodeState | LineState): Reading =>
  state.kind === 'code' ? new Code(state) : new Line(state);

export class Leaks {
  readonly #target: number;
  #suspects: Suspect[];

  constructor(columns: number, target: number) {
    this.#target = target;
    this.#suspects = Array.from({ length: columns }, (_, column) => ({
      column,
      first: undefined,
      readings: new Map<Leak['kind'], Reading>([
        ['code', new Code()],
        ['line', new Line()],
      ]),
    })).filter(({ column }) => column !== target);
  }

  restore(state: LeaksState): void {
    this.#suspects = state.map(({ column, first, readings }) => ({
      ...{ column, first },
      readings: new Map(readings.map((one) => [one.kind, readingOf(one)])),
    }));
  }

  get state(): LeaksState {
    return this.#suspects.map(({ column, first, readings }) => ({
      ...{ column, first },
      readings: [...readings.values()].map(({ state }) => state),
    }));
  }

  /** Adds a row, whose cells are made into text where they are looked at. Rows without a target say nothing. */
  add(text: (column: number) => string, row: number): void {
    if (this.#suspects.length === 0) return;
    const label = text(this.#target).trim();
    if (label === '') return;
    let cleared = false;
    for (const suspect of this.#suspects) {
      const cell = text(suspect.column).trim();
      suspect.first ??= { row, value: cell };
      for (const [kind, reading] of suspect.readings) if (!reading.add(cell, label)) suspect.readings.delete(kind);
      cleared ||= suspect.readings.size === 0;
    }
    if (cleared) this.#suspects = this.#suspects.filter(({ readings }) => readings.size > 0);
  }

  /** Whether another row could tell anything. */
  get isOpen(): boolean {
    return this.#suspects.length > 0;
  }

  /** The columns of which all rows say that they are the target. */
  get found(): Leak[] {
    return this.#suspects.flatMap(({ column, first, readings }) => {
      const [kind] = [...readings].find(([, reading]) => reading.holds) ?? [];
      return kind === undefined || first === undefined ? [] : [{ column, first, kind }];
    });
  }
}
