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

export interface CellReader {
  readonly read: ReadCell;
  /** The same of a number that was stored as one; undefined for numbers of which the text is needed. */
  readonly readNumber?: (value: number) => number | undefined;
}

/** A number, or a time in epoch milliseconds; NaN for "no value" and for what cannot be read. */
export function numberReader(type: 'number' | 'timestamp', format?: ColumnFormat): CellReader {
  const { number } = columnValues(type, format);
  const absent = missingValues(missingWords(format?.missing));
  const fast = type === 'timestamp' ? readIsoTime : plainReader(format?.decimal);
  const isSure = (value: number) => !Number.isNaN(value) && !(absent.size > 0 && absent.has(value));
  const read: ReadCell = (bytes, start, end) => {
    const value = fast(bytes, start, end);
    return isSure(value) ? value : number(bytes.toString('utf8', start, end));
  };
  // With a comma as the decimal mark, the point of a number is none.
  if (type === 'timestamp' || format?.decimal === ',') return { read };
  return { read, readNumber: (value) => (isPlainSize(Math.abs(value)) && isSure(value) ? value : undefined) };
}

function plainReader(decimal: ColumnFormat['decimal'] = '.'): ReadCell {
  const into = new ReadNumber();
  const mark = decimal === ',' ? 'withComma' : 'value';
  return (bytes, start, end) => (readPlainNumber(bytes, start, end, into) ? into[mark] : Number.NaN);
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
