/** How much to do at once so that it takes about a given time, learned from what it has taken so far. */
export class Pace {
  readonly #targetMs: number;
  readonly #most: number;
  #size: number;

  /** Begins with `first` units and never does more than `most`. */
  constructor(targetMs: number, first: number, most = Number.POSITIVE_INFINITY) {
    this.#targetMs = targetMs;
    this.#most = most;
    this.#size = Math.max(1, Math.min(first, most));
  }

  get size(): number {
    return this.#size;
  }

  /** `done` units took `ms`. It grows to eight times at most: the first measurement is a bad one. */
  took(done: number, ms: number): void {
    const fitting = Math.floor((done * this.#targetMs) / Math.max(ms, 0.01));
    this.#size = Math.max(1, Math.min(fitting, this.#size * 8, this.#most));
  }
}
