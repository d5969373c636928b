/** Read cells from the bytes of a file: most of them without making text of them, the others as `columnValues` says. */
import type { ColumnFormat } from '#domain/datasets/column-format.ts';
import { ByteTable } from './byte-table.ts';
import { columnValues } from './column-values.ts';
import { hashOfBytes } from './hash.ts';
import { readIsoTime } from './iso-time.ts';
import { missingWords } from './missing.ts';
import { missingValues } from './missing-values.ts';
import { isPlainSize, ReadNumber, readPlainNumber } from './plain-number.ts';

type ReadCell = (bytes: Buffer, start: number, end: number) => number;

/** Cells of a column, one below the other. */
export interface ColumnCells {
  readonly bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Of the table, and which of them it is. */
  readonly columns: number;
  readonly column: number;
}

/** Some of the rows, and into which place their values go. */
export interface Picked {
  /** In ascending order. Of these the ones from `from` up to but without `to`. */
  readonly rows: Int32Array;
  readonly from: number;
  readonly to: number;
  readonly at: number;
}

export interface CellReader {
  readonly read: ReadCell;
  /** The same of many cells, in a loop of its own, which takes half the time. Absent: each is read by itself. */
  readonly readMany?: (cells: ColumnCells, into: Float64Array | Int32Array, picked: Picked) => void;
  /** The same of a number that was stored as one; undefined for numbers of which the text is needed. */
  readonly readNumber?: (value: number) => number | undefined;
}

/** A number, or a time in epoch milliseconds; NaN for "no value" and for what cannot be read. */
export function numberReader(type: 'number' | 'timestamp', format?: ColumnFormat): CellReader {
  const { number } = columnValues(type, format);
  const absent = missingValues(missingWords(format?.missing));
  const fast = type === 'timestamp' ? readIsoTime : plainReader(format?.decimal);
  const isSure = (value: number) => !Number.isNaN(value) && !(absent.size > 0 && absent.has(value));
  const slow: ReadCell = (bytes, start, end) => number(bytes.toString('utf8', start, end));
  const read: ReadCell = (bytes, start, end) => {
    const value = fast(bytes, start, end);
    return isSure(value) ? value : slow(bytes, start, end);
  };
  // With a comma as the decimal mark, the point of a number is none.
  if (type === 'timestamp' || format?.decimal === ',') return { read };
  return {
    read,
    readMany: plainNumbers(absent, slow),
    readNumber: (value) => (isPlainSize(Math.abs(value)) && isSure(value) ? value : undefined),
  };
}

function plainReader(decimal: ColumnFormat['decimal'] = '.'): ReadCell {
  const into = new ReadNumber();
  const mark = decimal === ',' ? 'withComma' : 'value';
  return (bytes, start, end) => (readPlainNumber(bytes, start, end, into) ? into[mark] : Number.NaN);
}

function plainNumbers(absent: ReadonlySet<number>, slow: ReadCell): NonNullable<CellReader['readMany']> {
  const number = new ReadNumber();
  return ({ bytes, starts, ends, columns, column }, into, { rows, from, to, at }) => {
    for (let i = from, place = at; i < to; i++, place++) {
      const cell = rows[i]! * columns + column;
      const [start, end] = [starts[cell]!, ends[cell]!];
      const isSure = readPlainNumber(bytes, start, end, number) && !(absent.size > 0 && absent.has(number.value));
      into[place] = isSure ? number.value : slow(bytes, start, end);
    }
  };
}

/** How many spellings are remembered, and the bytes of each. */
const REMEMBERED = { words: 16_384, bytes: 1024 };

/** What `codeOf` says of a cell's text, which is asked once for each spelling. */
export function wordReader(codeOf: (text: string) => number): CellReader {
  const known = new ByteTable();
  const codes: number[] = [];
  const read: ReadCell = (bytes, start, end) => {
    const hash = hashOfBytes(bytes, start, end);
    const entry = known.find(bytes, start, end, hash);
    if (entry >= 0) return codes[entry]!;
    const code = codeOf(bytes.toString('utf8', start, end));
    if (known.size < REMEMBERED.words && end - start <= REMEMBERED.bytes) {
      codes[known.add(bytes, start, end, hash)] = code;
    }
    return code;
  };
  return { read };
}
