/** How long the runs of a model take, by their number of rows, so that long ones can be made elsewhere. */

/** So many runs of a size are measured before it is known: the first ones are slower. */
const FIRST_RUNS = 8;
/**
 * The fastest run counts: on a busy machine most are interrupted. By so much more is expected after each run, so that a
 * fast one does not count for ever.
 */
const GROWTH = 1.02;
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
    this.#expected[size] = runs === 0 ? milliseconds : Math.min(milliseconds, GROWTH * before);
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
