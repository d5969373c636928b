/** Estimates how many units of work take about a given time, from how long earlier ones took. */
export class Pace {
  readonly #targetMs: number;
  readonly #most: number;
  #size: number;

  /** Starts with `first` units and never returns more than `most`. */
  constructor(targetMs: number, first: number, most = Number.POSITIVE_INFINITY) {
    this.#targetMs = targetMs;
    this.#most = most;
    this.#size = Math.max(1, Math.min(first, most));
  }

  get size(): number {
    return this.#size;
  }

  /** `done` units took `ms`. The estimate grows at most eightfold, because the first measurement is unreliable. */
  took(done: number, ms: number): void {
    const fitting = Math.floor((done * this.#targetMs) / Math.max(ms, 0.01));
    this.#size = Math.max(1, Math.min(fitting, this.#size * 8, this.#most));
  }
}
