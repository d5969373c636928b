/** Bounds on counting how often each value occurs: the number of values, and their characters in total. */
export interface CountBounds {
  readonly values: number;
  readonly characters: number;
}

/** The longest value that may be a category. Longer ones make a column text. */
export const CATEGORY_CHARACTERS = 256;

export class ValueCounts {
  readonly #counts = new Map<string, { count: number; readonly row: number }>();
  readonly #bounds: CountBounds;
  #characters = 0;
  /** Whether a value did not fit. The counts are then still exact, but some values are missing. */
  overflowed = false;

  constructor(bounds: CountBounds) {
    this.#bounds = bounds;
  }

  add(value: string, row: number): void {
    const known = this.#counts.get(value);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const fits =
      value.length <= CATEGORY_CHARACTERS &&
      this.#counts.size < this.#bounds.values &&
      this.#characters + value.length <= this.#bounds.characters;
    if (fits) {
      this.#counts.set(value, { count: 1, row });
      this.#characters += value.length;
    } else this.overflowed = true;
  }

  get size(): number {
    return this.#counts.size;
  }

  /** The row of its first occurrence, if it is counted. */
  firstRow(value: string): number | undefined {
    return this.#counts.get(value)?.row;
  }

  /** The most frequent values first; equally frequent ones in the order of the values. */
  top(limit = this.#counts.size): { value: string; count: number }[] {
    return [...this.#counts]
      .map(([value, { count }]) => ({ value, count }))
      .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      .slice(0, limit);
  }
}
