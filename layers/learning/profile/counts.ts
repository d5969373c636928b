/** How often each word of a column occurs, and what is known of words that occur again and again. */
import { ByteTable, type ByteTableState } from '../values/byte-table.ts';

/** Bounds on counting how often each value occurs: the number of values, and their characters in total. */
export interface CountBounds {
  readonly values: number;
  readonly characters: number;
}

/** The longest value that may be a category. Longer ones make a column text. */
export const CATEGORY_CHARACTERS = 256;

/** How many words are remembered that are not counted, and their bytes. */
const REMEMBERED = { words: 2048, bytes: 65_536 };

export interface CountsState {
  readonly table: ByteTableState;
  readonly counts: readonly number[];
  readonly rows: readonly number[];
  readonly overflowed: boolean;
}

export class ValueCounts {
  /** Whether a value did not fit. The counts are then still exact, but some values are missing. */
  overflowed = false;
  readonly #bounds: CountBounds;
  #table = new ByteTable();
  /** By entry; 0 for words that are only remembered. */
  #counts: number[] = [];
  /** The rows in which they occurred first. */
  #rows: number[] = [];
  #characters = 0;
  #counted = { words: 0, bytes: 0 };

  constructor(bounds: CountBounds) {
    this.#bounds = bounds;
  }

  restore({ table, counts, rows, overflowed }: CountsState): void {
    this.#table = ByteTable.from(table);
    this.#counts = [...counts];
    this.#rows = [...rows];
    this.overflowed = overflowed;
    this.#characters = 0;
    this.#counted = { words: 0, bytes: 0 };
    for (const [entry, count] of counts.entries()) {
      if (count > 0) this.#note(table.bytes, table.starts[entry]!, table.starts[entry + 1]!);
    }
  }

  get state(): CountsState {
    return {
      table: this.#table.state,
      counts: [...this.#counts],
      rows: [...this.#rows],
      overflowed: this.overflowed,
    };
  }

  /** The entry of a word; -1 if nothing is known of it. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    return this.#table.find(bytes, start, end, hash);
  }

  /** Counts a word of which `find` has returned `entry`, and returns its entry. */
  add(bytes: Uint8Array, start: number, end: number, hash: number, entry: number, row: number): number {
    if (entry >= 0 && this.#counts[entry]! > 0) {
      this.#counts[entry]!++;
      return entry;
    }
    if (!this.#hasRoom(bytes, start, end)) {
      this.overflowed = true;
      return entry;
    }
    const added = entry >= 0 ? entry : this.#table.add(bytes, start, end, hash);
    this.#counts[added] = 1;
    this.#rows[added] = row;
    this.#note(bytes, start, end);
    return added;
  }

  /** Whether it is an entry, and one that is counted. */
  isCounted(entry: number): boolean {
    return entry >= 0 && this.#counts[entry] !== 0;
  }

  /** Counts a word once more of which `add` has returned the entry, be it -1. Returns whether it is one that is counted. */
  repeat(entry: number, times = 1): boolean {
    if (!this.isCounted(entry)) return false;
    this.#counts[entry]! += times;
    return true;
  }

  /** Counts the first `length` of these entries once more each, as far as they are of words that are counted. */
  repeatAll(entries: Int32Array, length: number): void {
    const counts = this.#counts;
    for (let i = 0; i < length; i++) {
      const entry = entries[i]!;
      const count = counts[entry]!;
      if (count > 0) counts[entry] = count + 1;
    }
  }

  /** Remembers a word that is not counted, if there is room for it; returns its entry, or -1. */
  remember(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const { size, bytes: stored } = this.#table;
    const { words, bytes: ofCounted } = this.#counted;
    if (size - words >= REMEMBERED.words || stored - ofCounted + end - start > REMEMBERED.bytes) return -1;
    const added = this.#table.add(bytes, start, end, hash);
    this.#counts[added] = 0;
    this.#rows[added] = 0;
    return added;
  }

  /** Whether there is room for no other word, be it counted or remembered. */
  get isFull(): boolean {
    const { words } = this.#counted;
    return words >= this.#bounds.values && this.#table.size - words >= REMEMBERED.words;
  }

  text(entry: number): string {
    return this.#table.text(entry);
  }

  /** Those that are counted, and those that are only remembered. */
  *words(): Generator<string> {
    for (let entry = 0; entry < this.#table.size; entry++) yield this.text(entry);
  }

  get size(): number {
    return this.#counted.words;
  }

  /** The row of its first occurrence, if it is counted. */
  firstRow(value: string): number | undefined {
    const entry = this.#counts.findIndex((count, one) => count > 0 && this.text(one) === value);
    return entry < 0 ? undefined : this.#rows[entry];
  }

  /** The most frequent values first, with the rows in which they occurred first; equally frequent ones in the order of the values. */
  top(limit = this.size): { value: string; count: number; row: number }[] {
    return this.#counts
      .flatMap((count, entry) => (count > 0 ? [{ value: this.text(entry), count, row: this.#rows[entry]! }] : []))
      .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      .slice(0, limit);
  }

  #hasRoom(bytes: Uint8Array, start: number, end: number): boolean {
    const { values, characters } = this.#bounds;
    const most = Math.min(CATEGORY_CHARACTERS, characters - this.#characters);
    // A character takes at most three bytes for each of its units of UTF-16.
    if (this.#counted.words >= values || end - start > 3 * most) return false;
    return charactersOf(bytes, start, end) <= most;
  }

  #note(bytes: Uint8Array, start: number, end: number): void {
    this.#counted.words++;
    this.#counted.bytes += end - start;
    this.#characters += charactersOf(bytes, start, end);
  }
}

/** Units of UTF-16, as the length of a string counts them. */
export function charactersOf(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if ((byte & 0xc0) !== 0x80) count += byte >= 0xf0 ? 2 : 1;
  }
  return count;
}
