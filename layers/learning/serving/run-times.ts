/** How long the runs of a model take, by their number of rows, so that long ones can be made elsewhere. */

/** So many runs of a size are measured before it is known: the first ones are slower, and of those the fastest counts. */
const FIRST_RUNS = 8;
/** How much of a later measurement is believed. */
const WEIGHT = 0.1;
/** One run may have been interrupted: it counts as at most so many times what was expected. */
const MOST_TIMES = 2;
/** Milliseconds after which nothing is known any more: a model that seemed slow is tried again. */
const MAX_AGE = 60_000;
/** Powers of two rows. */
const SIZES = 15;

export class RunTimes {
  /** Milliseconds, by the logarithm of the rows; 0 where nothing is known. */
  readonly #expected = new Float64Array(SIZES);
  /** When each was measured last. */
  readonly #measuredAt = new Float64Array(SIZES);
  readonly #runs = new Uint32Array(SIZES);

  /** @param at when the run ended, in milliseconds of any clock that goes on steadily */
  add(rows: number, milliseconds: number, at = performance.now()): void {
    const size = sizeOf(rows);
    if (at - this.#measuredAt[size]! > MAX_AGE) this.#runs[size] = 0;
    this.#measuredAt[size] = at;
    const [before, runs] = [this.#expected[size]!, this.#runs[size]!];
    this.#runs[size] = runs + 1;
    if (runs === 0) this.#expected[size] = milliseconds;
    else if (runs < FIRST_RUNS) this.#expected[size] = Math.min(before, milliseconds);
    else this.#expected[size] = before + WEIGHT * (Math.min(milliseconds, MOST_TIMES * before) - before);
  }

  /**
   * Whether a run of so many rows takes longer than `limit` milliseconds: as such runs did, or as fewer rows did, and not
   * if more did not. `undefined` where that is not known.
   */
  exceeds(limit: number, rows: number, at = performance.now()): boolean | undefined {
    const size = sizeOf(rows);
    const own = this.#known(size, at);
    if (own > 0) return own > limit;
    for (let fewer = 0; fewer < size; fewer++) if (this.#known(fewer, at) > limit) return true;
    for (let more = size + 1; more < SIZES; more++) {
      const known = this.#known(more, at);
      if (known > 0 && known <= limit) return false;
    }
    return undefined;
  }

  #known(size: number, at: number): number {
    const isKnown = this.#runs[size]! >= FIRST_RUNS && at - this.#measuredAt[size]! <= MAX_AGE;
    return isKnown ? this.#expected[size]! : 0;
  }
}

const sizeOf = (rows: number): number => Math.min(SIZES - 1, Math.ceil(Math.log2(Math.max(1, rows))));
