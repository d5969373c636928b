/**
 * Finds words of at most eight bytes again that were put here, by two numbers of 32 bits instead of byte by byte: the words
 * of a column are mostly few and short. Where two words have the same place, the later one takes it.
 */
const PLACES = 256;
const MOST_BYTES = 8;
const FACTORS = { lower: 0x9e3779b1, upper: 0x85ebca6b } as const;

/** By the length of a word: which bits of the eight bytes from its start on are its own. */
const MASKS = {
  lower: Int32Array.from({ length: MOST_BYTES + 1 }, (_, length) => (length < 4 ? 2 ** (8 * length) - 1 : -1)),
  upper: Int32Array.from({ length: MOST_BYTES + 1 }, (_, length) => {
    if (length <= 4) return 0;
    return length < MOST_BYTES ? 2 ** (8 * (length - 4)) - 1 : -1;
  }),
} as const;

export class ShortWords {
  /** For each place: the lower and the upper four bytes of its word, its length and its entry. A free place has the length 0. */
  readonly #places = new Int32Array(4 * PLACES);

  /**
   * The entry of a word, or -1 if it is not here. Words in the last eight bytes of all are never found.
   * @param view of the bytes in which it is
   */
  find(view: DataView, start: number, end: number): number {
    const length = end - start;
    if (length > MOST_BYTES || start + MOST_BYTES > view.byteLength) return -1;
    const lower = view.getInt32(start, true) & MASKS.lower[length]!;
    const upper = view.getInt32(start + 4, true) & MASKS.upper[length]!;
    const places = this.#places;
    const at = placeOf(lower, upper);
    const isHere = places[at] === lower && places[at + 1] === upper && places[at + 2] === length && length > 0;
    return isHere ? places[at + 3]! : -1;
  }

  /** Puts a word here that was not found, if it is short enough. */
  add(view: DataView, start: number, end: number, entry: number): void {
    const length = end - start;
    if (length > MOST_BYTES || start + MOST_BYTES > view.byteLength) return;
    const lower = view.getInt32(start, true) & MASKS.lower[length]!;
    const upper = view.getInt32(start + 4, true) & MASKS.upper[length]!;
    this.#places.set([lower, upper, length, entry], placeOf(lower, upper));
  }

  clear(): void {
    this.#places.fill(0);
  }
}

/** Where the four numbers of a word begin. */
const placeOf = (lower: number, upper: number): number =>
  (Math.imul(Math.imul(lower, FACTORS.lower) ^ upper, FACTORS.upper) >>> 24) << 2;
