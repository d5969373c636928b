/** The n-grams of a column's texts, while the rows of a file are read. */
import type { ColumnProfile } from '#domain/datasets/profile.ts';
import type { DatasetWarning } from '#domain/datasets/warnings.ts';
import { TrainingFailure } from '../failure.ts';
import { choose, warning } from '../profile/warn.ts';
import { RESIDENT_BYTES } from '../table/resident.ts';
import type { NamedPieces, Stored } from '../table/stores.ts';
import { columnValues } from '../values/column-values.ts';
import { BYTES_PER_GRAM } from './encoding.ts';
import { type Featurizer, type Grams, gramsOf } from './featurizer.ts';

/** The place of a row without text: its cell is empty, or a word for "no value". */
const NO_TEXT = -1;

export class ColumnTexts implements NamedPieces {
  readonly name: string;
  readonly #featurizer: Featurizer;
  readonly #isMissing: (cell: string) => boolean;
  /** As many as were read: not all of them are a row's. */
  readonly #grams: Grams[] = [];
  /** Of each row. */
  #places = new Int32Array();
  #bytes = 0;
  #first: { readonly row: number; readonly value: string } | undefined;

  constructor({ name, format }: ColumnProfile, featurizer: Featurizer) {
    this.name = name;
    this.#featurizer = featurizer;
    this.#isMissing = columnValues('category', format).isMissing;
  }

  begin(count: number): void {
    this.#places = new Int32Array(count).fill(NO_TEXT);
  }

  store({ cells, before, rows, from, to, at }: Stored, column: number): void {
    let cell = '';
    const read = (bytes: Buffer, start: number, end: number) => {
      cell = bytes.toString('utf8', start, end);
      return this.#isMissing(cell) ? NO_TEXT : this.#take(cell);
    };
    cells.read(column, { read }, this.#places, { rows, from, to, at });
    if (this.#first) return;
    const missing = this.#places.subarray(at, at + to - from).indexOf(NO_TEXT);
    if (missing < 0) return;
    const row = rows[from + missing]!;
    cells.read(column, { read }, new Int32Array(1), { rows: Int32Array.of(row), from: 0, to: 1, at: 0 });
    this.#first = { row: before + row + 1, value: cell };
  }

  /** The rows that have a text, ascending. */
  get present(): Int32Array {
    return Int32Array.from(this.#places.keys()).filter((row) => this.#places[row] !== NO_TEXT);
  }

  /** Of a row that has a text. */
  of(row: number): Grams {
    return this.#grams[this.#places[row]!]!;
  }

  /** Of a text. */
  get most(): number {
    return this.#grams.reduce((most, { buckets }) => Math.max(most, buckets.length), 1);
  }

  get warnings(): DatasetWarning[] {
    const rows = this.#places.filter((place) => place === NO_TEXT).length;
    if (rows === 0) return [];
    return [
      warning({
        code: 'text_rows_left_out',
        column: this.name,
        first: this.#first,
        rows,
        message: `${rows} rows have no text: their cell is empty or a word for "no value"`,
        cost: 'They are left out of the training; a batch prediction leaves the answer of such rows empty',
        overrule: this.#first?.value.trim() ? choose(this.name, { missing: [] }) : null,
      }),
    ];
  }

  /** The place of the text. */
  #take(text: string): number {
    const grams = gramsOf(text, this.#featurizer);
    this.#bytes += grams.buckets.length * BYTES_PER_GRAM;
    if (this.#bytes > RESIDENT_BYTES)
      throw new TrainingFailure(
        `The texts must have at most ${RESIDENT_BYTES} bytes of n-grams; they have more: a smaller max_words reads less of each`,
      );
    return this.#grams.push(grams) - 1;
  }
}
