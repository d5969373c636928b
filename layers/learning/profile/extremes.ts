/** The least and the greatest of some numbers: how often they occur, and in which row first. */
export interface Extreme {
  readonly value: number;
  readonly count: number;
  /** Undefined where it is not known. */
  readonly row: number | undefined;
}

export interface ExtremesState {
  readonly least: Extreme;
  readonly greatest: Extreme;
}

const NONE: ExtremesState = {
  least: { value: Number.POSITIVE_INFINITY, count: 0, row: undefined },
  greatest: { value: Number.NEGATIVE_INFINITY, count: 0, row: undefined },
};

const one = new Float64Array(1);

/** What stands for "no value" is mostly one of these. */
export class Extremes {
  least: Extreme;
  greatest: Extreme;

  constructor({ least, greatest }: ExtremesState = NONE) {
    this.least = least;
    this.greatest = greatest;
  }

  static from(state: ExtremesState): Extremes {
    return new Extremes(state);
  }

  get state(): ExtremesState {
    return { least: this.least, greatest: this.greatest };
  }

  add(value: number, row: number): void {
    one[0] = value;
    this.addAll(one, 1, row);
  }

  /** Adds the first `length` of the values: those of one row after another from `row` on, if it is known. */
  addAll(values: Float64Array, length: number, row?: number): void {
    let least = this.least.value;
    let ofLeast = 0;
    let firstLeast = -1;
    let greatest = this.greatest.value;
    let ofGreatest = 0;
    let firstGreatest = -1;
    for (let i = 0; i < length; i++) {
      const value = values[i]!;
      if (value <= least) {
        if (value < least) {
          least = value;
          ofLeast = 0;
          firstLeast = i;
        }
        ofLeast++;
      }
      if (value >= greatest) {
        if (value > greatest) {
          greatest = value;
          ofGreatest = 0;
          firstGreatest = i;
        }
        ofGreatest++;
      }
    }
    this.least = joined(this.least, least, ofLeast, placeOf(firstLeast, row));
    this.greatest = joined(this.greatest, greatest, ofGreatest, placeOf(firstGreatest, row));
  }
}

const placeOf = (at: number, row: number | undefined): number | undefined => (row === undefined ? undefined : row + at);

function joined(before: Extreme, value: number, count: number, row: number | undefined): Extreme {
  if (count === 0) return before;
  return value === before.value ? { ...before, count: before.count + count } : { value, count, row };
}
