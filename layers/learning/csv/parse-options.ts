import { CsvError, type Options } from 'csv-parse';
import { LIMITS } from '#domain/limits.ts';
import type { Dialect } from './dialect.ts';
import { fileFault } from './fault.ts';
import type { RecordCheck } from './record-check.ts';

/** The most characters in a row. This bounds the memory that an unclosed quote can take. */
export const ROW_CHARACTERS = 16 * LIMITS.csv.cellBytes;

/** The parser's settings: `check` checks the number of fields in each row, and blank lines do not count. */
export function parseOptions({ delimiter, quote }: Dialect, check: RecordCheck, hasHeader = true): Options<string[]> {
  let isHeader = hasHeader;
  return {
    delimiter,
    ...(quote === 'none' ? { quote: false } : { quote, escape: quote }),
    record_delimiter: ['\r\n', '\n', '\r'],
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: ROW_CHARACTERS,
    on_record: (record: string[], { lines }: { lines: number }) => {
      // Blanks around a name are none of it, also within quotes. Those of values are left to whoever knows the column.
      const row = isHeader ? namesOf(record) : record;
      isHeader = false;
      check(row, lines);
      return row;
    },
  };
}

/** As pandas reads it: the first column of its exports is an index without a name. */
const INDEX_NAME = 'Unnamed: 0';

/**
 * The last one has no name where each line ends with a delimiter. Where others have none, something else is wrong, such as
 * names that stand in two lines.
 */
export function namesOf(record: readonly string[]): string[] {
  const names = record.map((name) => name.trim());
  const [first = '', ...rest] = names;
  if (first === '' && rest.length > 1) names[0] = INDEX_NAME;
  const last = names.length - 1;
  if (last > 1 && names.indexOf('') === last) names[last] = `Unnamed: ${last}`;
  return names;
}

type Words = (line: number, quote: string) => string;

const MESSAGES: Readonly<Record<string, Words>> = {
  CSV_QUOTE_NOT_CLOSED: (line, quote) =>
    `a quoted value must end with ${quote}; got the end of the file at line ${line}`,
  CSV_INVALID_CLOSING_QUOTE: (line, quote) =>
    `a quote within a quoted value must be doubled (${quote}${quote}); got a single one at line ${line}`,
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: (line, quote) =>
    `a quoted value must end at a delimiter; got something else after ${quote} at line ${line}`,
  INVALID_OPENING_QUOTE: (line, quote) =>
    `a value that contains ${quote} must be enclosed in quotes; got an open one at line ${line}`,
  CSV_MAX_RECORD_SIZE: (line) =>
    `a row must be at most ${ROW_CHARACTERS} characters; got more at line ${line} (is a quote not closed?)`,
};

/**
 * Translates an error of the parser into ours, and returns any other error unchanged.
 * @param before how many lines there were before what it parsed
 */
export function translated(error: unknown, quote: string, before = 0): unknown {
  if (!(error instanceof CsvError)) return error;
  const line = before + (typeof error.lines === 'number' ? error.lines : 0);
  return fileFault(MESSAGES[error.code]?.(line, quote) ?? `is not CSV at line ${line}: ${error.message}`);
}
