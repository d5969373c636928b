/** So many owners are remembered; beyond that, all are forgotten. */
const REMEMBERED = 10_000;

/**
 * Decides what is served next, so that no owner with much work holds up the others: first comes what belongs to the owner
 * with the least in progress; among equals, to the one that was served least recently; then what has waited longest.
 */
export class Turns<T> {
  readonly #most: number;
  readonly #ownerOf: (one: T) => string | undefined;
  readonly #served = new Map<string, number>();
  #now = 0;

  /**
   * @param most how much of one owner may be in progress at once
   * @param ownerOf undefined for what has no owner and always counts as the first of its own
   */
  constructor(most: number, ownerOf: (one: T) => string | undefined) {
    this.#most = most;
    this.#ownerOf = ownerOf;
  }

  /**
   * What may be served now, the next one first.
   * @param waiting in the order in which they began to wait
   * @param inHand how much of the same owner is in progress
   */
  order(waiting: readonly T[], inHand: (one: T) => number): T[] {
    const places = new Map<string, number>();
    const placed = waiting.map((one) => {
      const owner = this.#ownerOf(one);
      if (owner === undefined) return { one, place: 1, served: 0 };
      const place = (places.get(owner) ?? inHand(one)) + 1;
      places.set(owner, place);
      return { one, place, served: this.#served.get(owner) ?? 0 };
    });
    return placed
      .filter(({ place }) => place <= this.#most)
      .sort((a, b) => a.place - b.place || a.served - b.served)
      .map(({ one }) => one);
  }

  served(one: T): void {
    const owner = this.#ownerOf(one);
    if (owner === undefined) return;
    if (this.#served.size >= REMEMBERED) this.#served.clear();
    this.#now += 1;
    this.#served.set(owner, this.#now);
  }
}
