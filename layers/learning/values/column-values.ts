/** How the cells of a column become values. The profile, the training and predictions all read cells by these. */
import type { ColumnFormat } from '#domain/datasets/column-format.ts';
import { isMissing, missingWords } from './missing.ts';
import { parseNumber } from './number.ts';
import { tidy } from './tidy.ts';
import { parseTime } from './time.ts';
import { parseBoolean } from './truth.ts';

/** Boolean values are these words, however they are written. */
export const TRUTH_WORDS = ['false', 'true'] as const;

export interface ColumnValues {
  /** Whether the cell is empty or has a word for "no value". */
  isMissing(cell: string): boolean;
  /** A number, or a time in epoch milliseconds; NaN for "no value" and for what cannot be read. */
  number(cell: string): number;
  /** A category in its normal form; '' for "no value". */
  word(cell: string): string;
}

/** Columns of a profile that an earlier build wrote have no format: their cells are read as they were then. */
const EARLIER: ColumnFormat = { missing: ['na', 'n/a', 'nan', 'null', 'none', '?', '-'] };

type Type = 'number' | 'timestamp' | 'category' | 'boolean';

export function columnValues(type: Type, format?: ColumnFormat): ColumnValues {
  const { decimal = '.', date_order, missing, words = 'text' } = format ?? EARLIER;
  const without = missingWords(missing);
  // Numbers among the words, however a cell writes them.
  const numbers = new Set(missing?.map((word) => parseNumber(word.trim(), decimal)));
  numbers.delete(Number.NaN);
  const text = !format ? asWritten : isOfWords(type) && !format.composed ? trimmed : tidy;
  const isAbsent = (cell: string): boolean => isMissing(cell, without);
  const parse =
    type === 'timestamp' ? (cell: string) => parseTime(cell, date_order) : (cell: string) => parseNumber(cell, decimal);
  const normal =
    type === 'boolean' ? truthWord : { text: asWritten, boolean: truthOrText, number: numberWord(decimal) }[words];
  return {
    isMissing: (cell) => isAbsent(text(cell)),
    number: (cell) => {
      const value = text(cell);
      if (isAbsent(value)) return Number.NaN;
      const found = parse(value);
      return type === 'number' && numbers.size > 0 && numbers.has(found) ? Number.NaN : found;
    },
    word: (cell) => {
      const value = text(cell);
      const found = isAbsent(value) ? '' : normal(value);
      return words === 'number' && numbers.size > 0 && numbers.has(Number(found || Number.NaN)) ? '' : found;
    },
  };
}

const asWritten = (cell: string): string => cell;

const trimmed = (cell: string): string => cell.trim();

/** Their words stand in profiles and models as they were read. */
const isOfWords = (type: Type): boolean => type === 'category' || type === 'boolean';

const truthWord = (cell: string): string => {
  const truth = parseBoolean(cell);
  return truth ? TRUTH_WORDS[Number(truth.value)]! : '';
};

const truthOrText = (cell: string): string => truthWord(cell) || cell;

/** Whole numbers beyond this are not all distinct as doubles: two identifiers must not become one. */
const EXACT = Number.MAX_SAFE_INTEGER;

const numberWord =
  (decimal: '.' | ',') =>
  (cell: string): string => {
    const value = parseNumber(cell, decimal);
    // Adding 0 makes -0 and 0 the same.
    return Number.isNaN(value) || Math.abs(value) > EXACT ? cell : String(value + 0);
  };
