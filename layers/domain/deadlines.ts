/**
 * Deadlines of calls, with one timer for all of them. Hardly any passes, and to set and clear a timer for each takes longer
 * than most else that is done for a small request.
 */

/** A deadline that has passed is noticed so many milliseconds later, at most. */
const EVERY_MS = 50;

export interface Deadline {
  readonly at: number;
  readonly passed: () => void;
}

export class Deadlines {
  readonly #now: () => number;
  readonly #watched = new Set<Deadline>();
  #timer: NodeJS.Timeout | undefined;

  /** @param now in milliseconds, by any clock that goes on steadily */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Calls `passed` in so many milliseconds, unless the deadline is removed before. */
  add(milliseconds: number, passed: () => void): Deadline {
    const deadline = { at: this.#now() + milliseconds, passed };
    this.#watched.add(deadline);
    this.#timer ??= setInterval(() => this.#look(), EVERY_MS);
    return deadline;
  }

  /** Does nothing where it has passed, or was removed. */
  remove(deadline: Deadline): void {
    this.#watched.delete(deadline);
  }

  #look(): void {
    const now = this.#now();
    for (const deadline of this.#watched) {
      if (deadline.at > now) continue;
      this.#watched.delete(deadline);
      deadline.passed();
    }
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
