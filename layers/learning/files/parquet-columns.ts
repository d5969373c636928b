/** The values of a column of one row group, which lie in the pages in which they were written. */
import type { DecodedArray } from 'hyparquet';
import type { ParquetKind } from './parquet-values.ts';
import { valueAt, type Words } from './parquet-words.ts';

export interface ParquetPage {
  readonly rows: number;
  /** For each row whether it has a value: 1 or 0. Absent if all have one. */
  readonly levels: ArrayLike<number> | undefined;
  /** Of the rows that have one; with a dictionary, its places in that. */
  readonly values: DecodedArray | Words;
  readonly dictionary: DecodedArray | Words | undefined;
}

/** Can be read once. */
export interface StreamedColumn {
  readonly pages: Iterable<ParquetPage>;
  readonly kind: ParquetKind;
}

export class ParquetColumn implements StreamedColumn {
  readonly pages: readonly ParquetPage[];
  readonly kind: ParquetKind;
  /** The page that was read last, its first row, and where its rows have their values. */
  #page = 0;
  #first = 0;
  #places: Int32Array | undefined;

  constructor(pages: readonly ParquetPage[], kind: ParquetKind) {
    this.pages = pages;
    this.kind = kind;
  }

  /** The text of a row; '' for null. Rows are mostly read in order. */
  text(row: number): string {
    if (row < this.#first) this.#turnTo(0, 0);
    while (row - this.#first >= this.pages[this.#page]!.rows) {
      this.#turnTo(this.#page + 1, this.#first + this.pages[this.#page]!.rows);
    }
    const { levels, values, dictionary } = this.pages[this.#page]!;
    const at = row - this.#first;
    if (levels && !levels[at]) return '';
    this.#places ??= levels && placesOf(levels);
    const value = valueAt(values, this.#places ? this.#places[at]! : at);
    return this.kind.text(dictionary ? valueAt(dictionary, value as number) : value);
  }

  #turnTo(page: number, first: number): void {
    [this.#page, this.#first, this.#places] = [page, first, undefined];
  }
}

/** How many values there are before each row. */
function placesOf(levels: ArrayLike<number>): Int32Array {
  const places = new Int32Array(levels.length);
  for (let row = 1; row < levels.length; row++) places[row] = places[row - 1]! + (levels[row - 1] ? 1 : 0);
  return places;
}
