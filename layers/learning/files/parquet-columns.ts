import type { DecodedArray } from 'hyparquet';
import type { ToText } from './parquet-values.ts';

/** The values of a column of one row group, which lie in the pieces in which they were written. */
export class ColumnValues {
  readonly #pieces: readonly DecodedArray[];
  readonly #toText: ToText;
  /** The piece that was read last, and its first row. */
  #piece = 0;
  #first = 0;

  constructor(pieces: readonly DecodedArray[], toText: ToText) {
    this.#pieces = pieces;
    this.#toText = toText;
  }

  /** Rows are mostly read in order. */
  text(row: number): string {
    if (row < this.#first) [this.#piece, this.#first] = [0, 0];
    let piece = this.#pieces[this.#piece]!;
    while (row - this.#first >= piece.length) {
      this.#first += piece.length;
      this.#piece++;
      piece = this.#pieces[this.#piece]!;
    }
    return this.#toText(piece[row - this.#first]);
  }
}
