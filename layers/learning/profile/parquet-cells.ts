/** Adds the columns of a Parquet file to a profile, mostly without making text of their values. */
import type { DecodedArray } from 'hyparquet';
import { Cells } from '../files/cells.ts';
import type { ParquetColumn, ParquetPage } from '../files/parquet-columns.ts';
import type { ParquetKind } from '../files/parquet-values.ts';
import type { ColumnReader } from './column-reader.ts';

/** Adds the column of a row group that comes after `before` rows. */
export function addParquet(reader: ColumnReader, { pages, kind }: ParquetColumn, before: number): void {
  let row = before;
  for (const page of pages) {
    const numbers = numbersOf(page, kind);
    if (numbers) reader.addNumbers({ values: numbers, levels: page.levels, isReal: kind.name === 'real' }, row);
    else for (const { cells, first } of cellsOf(page, kind)) reader.addCells(cells, 0, row + first);
    row += page.rows;
  }
}

/** The values of the rows that have one; undefined if they are no numbers, or too large for a double. */
function numbersOf({ values, dictionary }: ParquetPage, { name }: ParquetKind): Float64Array | undefined {
  if (name !== 'real' && name !== 'whole') return undefined;
  const numbers = doubles(dictionary ?? values);
  if (!numbers || !dictionary) return numbers;
  const found = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) found[i] = numbers[values[i] as number]!;
  return found;
}

function doubles(values: DecodedArray): Float64Array | undefined {
  if (values instanceof Float64Array) return values;
  if (!(values instanceof BigInt64Array)) return Float64Array.from(values as ArrayLike<number>, Number);
  const halves = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  const found = new Float64Array(values.length);
  for (let i = 0; i < found.length; i++) {
    const value = halves[2 * i + 1]! * 2 ** 32 + (halves[2 * i]! >>> 0);
    if (!Number.isSafeInteger(value)) return undefined;
    found[i] = value;
  }
  return found;
}

/** How many rows are made into cells together. */
const ROWS = 8192;

function* cellsOf(page: ParquetPage, kind: ParquetKind): Generator<{ readonly cells: Cells; readonly first: number }> {
  const texts = kind.name === 'words' ? wordsOf(page, kind) : textsOf(page, kind);
  const cells = new Cells(1);
  let value = 0;
  for (let first = 0; first < page.rows; first += ROWS) {
    cells.reset(texts.bytes);
    for (let row = first; row < Math.min(page.rows, first + ROWS); row++) {
      const at = cells.nextRow();
      const hasValue = page.levels === undefined || page.levels[row] === 1;
      const place = hasValue ? (page.dictionary ? (page.values[value] as number) : value) : -1;
      cells.starts[at] = place < 0 ? 0 : texts.starts[place]!;
      cells.ends[at] = place < 0 ? 0 : texts.ends[place]!;
      if (hasValue) value++;
      cells.rows++;
    }
    yield { cells, first };
  }
}

/** Texts one after another, and where each begins and ends. */
interface Texts {
  readonly bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Of words, which mostly lie in one page as they are. */
function wordsOf({ values, dictionary }: ParquetPage, { expectWords }: ParquetKind): Texts {
  const words = (dictionary ?? values) as Uint8Array[];
  for (const word of words) expectWords(word);
  const [first] = words;
  const isOnePage = words.every(({ buffer }) => buffer === first?.buffer);
  if (!first || !isOnePage) return joined(words);
  return {
    bytes: Buffer.from(first.buffer),
    starts: Int32Array.from(words, ({ byteOffset }) => byteOffset),
    ends: Int32Array.from(words, ({ byteOffset, length }) => byteOffset + length),
  };
}

const textsOf = ({ values, dictionary }: ParquetPage, { text }: ParquetKind): Texts =>
  joined(Array.from((dictionary ?? values) as ArrayLike<unknown>, (value) => Buffer.from(text(value))));

function joined(words: readonly Uint8Array[]): Texts {
  const [starts, ends] = [new Int32Array(words.length), new Int32Array(words.length)];
  let at = 0;
  for (const [i, { length }] of words.entries()) {
    starts[i] = at;
    at += length;
    ends[i] = at;
  }
  return { bytes: Buffer.concat(words), starts, ends };
}
