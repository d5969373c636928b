import type { ParquetBatch } from '../files/parquet-batch.ts';
import { type TypedPage, typedPages } from '../files/parquet-typed.ts';
import type { CellReader, Picked } from '../values/cell-readers.ts';
import type { CellRows } from './cell-rows.ts';

/** A page, the row of the group after its last one, and how many values there are before each of its rows. */
interface Page {
  readonly typed: TypedPage;
  readonly first: number;
  readonly places: Int32Array | undefined;
}

interface Column {
  readonly pages: readonly Page[];
  readonly text: (value: unknown) => string;
}

/** The rows of a row group. Numbers are read without text where the reader knows them by their value. */
export class ParquetRows implements CellRows {
  readonly rows: number;
  readonly #batch: ParquetBatch;
  readonly #columns: (Column | undefined)[] = [];

  constructor(batch: ParquetBatch) {
    this.rows = batch.rows;
    this.#batch = batch;
  }

  read(column: number, reader: CellReader, into: Float64Array | Int32Array, { rows, from, to, at }: Picked): void {
    const { pages, text } = this.#column(column);
    let [number, valueIn, end] = [-1, (_: number) => Number.NaN, 0];
    for (let i = from; i < to; i++) {
      const row = rows[i]!;
      while (row >= end) {
        const page = pages[++number]!;
        end = page.first + page.typed.rows;
        if (row < end) valueIn = valuesOf(page, reader, text);
      }
      into[at + i - from] = valueIn(row);
    }
  }

  #column(column: number): Column {
    const known = this.#columns[column];
    if (known) return known;
    const read = this.#batch.column(column);
    let first = 0;
    const found = Array.from(typedPages(read), (typed) => {
      const placed = { typed, first, places: typed.levels && placesOf(typed.levels) };
      first += typed.rows;
      return placed;
    });
    const opened = { pages: found, text: read.kind.text };
    this.#columns[column] = opened;
    return opened;
  }
}

/** How many values there are before each row; -1 for a row that has none. */
function placesOf(levels: ArrayLike<number>): Int32Array {
  const places = new Int32Array(levels.length);
  for (let row = 0, at = 0; row < places.length; row++) places[row] = levels[row] ? at++ : -1;
  return places;
}

const NOTHING = Buffer.alloc(0);

/** What the reader makes of each row of the page, by the row of the group. */
function valuesOf({ typed, first, places }: Page, reader: CellReader, text: Column['text']): (row: number) => number {
  const { read, readNumber } = reader;
  const empty = read(NOTHING, 0, 0);
  const placeOf = (row: number) => (places ? places[row - first]! : row - first);
  const { codes } = typed;
  if (typed.numbers) {
    const { numbers } = typed;
    const known = new Map<number, number>();
    const asText = (value: number): number => {
      const found = known.get(value);
      if (found !== undefined) return found;
      const bytes = Buffer.from(text(value));
      const code = read(bytes, 0, bytes.length);
      if (known.size < REMEMBERED) known.set(value, code);
      return code;
    };
    return (row) => {
      const place = placeOf(row);
      if (place < 0) return empty;
      const value = numbers[codes ? codes[place]! : place]!;
      const direct = readNumber?.(value);
      return direct ?? asText(value);
    };
  }
  const { texts } = typed;
  const { bytes, starts, ends } = texts;
  return (row) => {
    const place = placeOf(row);
    if (place < 0) return empty;
    const word = codes ? codes[place]! : place;
    return read(bytes, starts[word]!, ends[word]!);
  };
}

/** Numbers whose text is known. */
const REMEMBERED = 4096;
