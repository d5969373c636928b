import type { ColumnSummary } from './column.ts';

/**
 * Words of a dictionary that occur again and again, of which all is known: how often they do is added up by their places, and
 * then to the column.
 */
export class WordsAgain {
  readonly #summary: ColumnSummary;
  readonly #entries: Int32Array;
  /** One more than they have occurred; 0 for those that are looked at one by one. */
  readonly #times: Uint32Array;
  #pending = 0;

  /** @param entries among the counted words, by their places in the dictionary */
  constructor(summary: ColumnSummary, entries: Int32Array) {
    this.#summary = summary;
    this.#entries = entries;
    this.#times = new Uint32Array(entries.length);
  }

  /** From now on, this word is added up. */
  take(code: number): void {
    if (this.#summary.counts.isCounted(this.#entries[code]!)) this.#times[code] = 1;
  }

  /** False for a word that is not added up, or where whether it is counted depends on those before it. */
  add(code: number): boolean {
    const times = this.#times[code]!;
    if (times === 0 || this.#summary.counts.overflowed) return false;
    this.#times[code] = times + 1;
    this.#pending++;
    return true;
  }

  /** The column knows how many there were; which of them they were, it is told at the end. */
  flush(): void {
    if (this.#pending > 0) this.#summary.addWordsAgain(this.#pending);
    this.#pending = 0;
  }

  end(): void {
    this.flush();
    for (let code = 0; code < this.#times.length; code++) {
      if (this.#times[code]! > 1) this.#summary.counts.repeat(this.#entries[code]!, this.#times[code]! - 1);
    }
  }
}
