/**
 * Remembers which tokens were verified, because a signature takes longer to verify than everything else that a small
 * request needs. A token is verified again after a while, so that a withdrawn key loses its effect here too; that a
 * session has ended does not show in a token anyway.
 */

/** Milliseconds. */
const MAX_AGE = 60_000;
/** The memory of so many tokens is a few megabytes. */
const MAX_TOKENS = 5000;

interface Verified<T> {
  readonly value: T;
  /** When it was verified, in epoch milliseconds. */
  readonly from: number;
  /** Epoch milliseconds: from then on the token is verified again, and refused where it has expired. */
  readonly until: number;
}

export class VerifiedTokens<T> {
  readonly #now: () => number;
  readonly #tokens = new Map<string, Verified<T>>();

  /** @param now in epoch milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  get(token: string): T | undefined {
    const found = this.#tokens.get(token);
    if (found === undefined) return undefined;
    const now = this.#now();
    // A clock that has gone back must not let it count for longer.
    if (found.until > now && found.from <= now) return found.value;
    this.#tokens.delete(token);
    return undefined;
  }

  /** @param expiresAt when the token expires, in epoch seconds */
  add(token: string, value: T, expiresAt: number): void {
    // A map keeps its order: the first is the oldest.
    const oldest = this.#tokens.keys().next();
    if (this.#tokens.size >= MAX_TOKENS && !oldest.done) this.#tokens.delete(oldest.value);
    const from = this.#now();
    this.#tokens.set(token, { value, from, until: Math.min(from + MAX_AGE, expiresAt * 1000) });
  }
}
