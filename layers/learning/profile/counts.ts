/** How often each value occurs, for the values that fit: so many of them, of so many characters in all. */
export interface CountBounds {
  readonly values: number;
  readonly characters: number;
}

/** The longest value that may be a category. Longer ones make a column text. */
export const CATEGORY_CHARACTERS = 256;

export class ValueCounts {
  readonly #counts = new Map<string, number>();
  readonly #bounds: CountBounds;
  #characters = 0;
  /** Whether some value did not fit: the counts are exact, but not all values are there. */
  overflowed = false;

  constructor(bounds: CountBounds) {
    this.#bounds = bounds;
  }

  add(value: string): void {
    const count = this.#counts.get(value);
    if (count !== undefined) {
      this.#counts.set(value, count + 1);
      return;
    }
    const fits =
      value.length <= CATEGORY_CHARACTERS &&
      this.#counts.size < this.#bounds.values &&
      this.#characters + value.length <= this.#bounds.characters;
    if (fits) {
      this.#counts.set(value, 1);
      this.#characters += value.length;
    } else this.overflowed = true;
  }

  get size(): number {
    return this.#counts.size;
  }

  /** The most frequent first; equally frequent ones by value. */
  top(limit = this.#counts.size): { value: string; count: number }[] {
    return [...this.#counts]
      .map(([value, count]) => ({ value, count }))
      .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      .slice(0, limit);
  }
}
