import { parse } from 'csv-parse/sync';
import { type Batch, batchOf } from '../files/batch.ts';
import { TextCheck } from './bytes.ts';
import { type Dialect, detectDialect } from './dialect.ts';
import { fileFault } from './fault.ts';
import { parseHeader } from './header.ts';
import { numberedNames } from './numbered-names.ts';
import { parseOptions, translated } from './parse-options.ts';
import type { Preamble } from './preamble.ts';
import { makeRecordCheck } from './record-check.ts';
import { CsvScanner } from './scan.ts';

/** The rows of the beginning of a file that are complete. */
export interface Head {
  readonly dialect: Dialect;
  /** Another delimiter that fits as well. */
  readonly rival: string | undefined;
  readonly preamble: Preamble | undefined;
  readonly header: readonly string[];
  readonly batch: Batch;
}

/**
 * Checks the beginning of a file before anything is stored: text, header and number of fields in each row. `readCsv`
 * applies the same rules to the whole stream.
 *
 * @param head the first bytes (256 KiB are enough)
 * @param whole whether `head` is the whole file; then the whole structure is checked
 * @returns undefined if not even the header is complete
 * @throws ValidationError with field `file`
 */
export function inspectCsvHead(head: Uint8Array, whole: boolean, given: Partial<Dialect> = {}): Head | undefined {
  const text = textOf(head, whole);
  if (text.trim() === '') {
    if (whole)
      throw fileFault(
        text === '' ? 'must not be empty; got 0 bytes' : 'must have a header and at least 1 row; got blank lines only',
      );
    return undefined;
  }
  const { rival, preamble, headerLine, headerStart, ...dialect } = detectDialect(text, whole, given);
  const rest = text.slice(headerStart);
  const complete = whole ? rest : rest.slice(0, lastRowEnd(rest, dialect.quote));
  const found = scannedRows(complete, dialect, headerLine) ?? parsedRows(complete, dialect, headerLine - 1);
  if (whole && found.batch.rows === 0) throw fileFault('must have at least 1 row after the header; got 0');
  const { header, batch } = found;
  return header && { dialect, rival, preamble, header, batch };
}

interface Rows {
  /** Undefined: there is not even that. */
  readonly header: readonly string[] | undefined;
  readonly batch: Batch;
}

/** Blanks that the parser takes from around a cell, and the scanner leaves to whoever knows the column. */
const OTHER_BLANKS = /[^\S \t\f\r\n]/;

/** As the parser has them, in a twentieth of its time; undefined where something needs it. */
function scannedRows(text: string, dialect: Dialect, headerLine: number): Rows | undefined {
  if (OTHER_BLANKS.test(text)) return undefined;
  const bytes = Buffer.from(text);
  const header = parseHeader(bytes, dialect);
  // The parser takes no row for one whose only cell is blank.
  if (header === undefined || header.names.length < 2) return undefined;
  makeRecordCheck()(header.names, headerLine);
  const rest = bytes.subarray(header.end);
  const scanner = new CsvScanner(dialect, header.names.length, header.line);
  if (scanner.take([rest], true) < rest.length) return undefined;
  return { header: header.names, batch: scanner.cells };
}

/** @param before lines before the text */
function parsedRows(text: string, dialect: Dialect, before: number): Rows {
  const hasHeader = dialect.header !== false;
  const check = makeRecordCheck(undefined, hasHeader);
  let records: string[][];
  try {
    records = parse(
      text,
      parseOptions(dialect, (record, line) => check(record, before + line), hasHeader),
    );
  } catch (error) {
    throw translated(error, dialect.quote, before);
  }
  const [first] = records;
  return hasHeader
    ? { header: first, batch: batchOf(records.slice(1)) }
    : { header: first && numberedNames(first.length), batch: batchOf(records) };
}

function textOf(head: Uint8Array, whole: boolean): string {
  const check = new TextCheck();
  const text = check.pass(head);
  if (whole) check.end();
  return text.toString('utf8');
}

/** The end of the last line break outside quotes. Whatever follows may be cut off. */
function lastRowEnd(text: string, quote: string): number {
  const mark = quote === 'none' ? -1 : quote.charCodeAt(0);
  let end = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === mark) quoted = !quoted;
    else if (code === NEWLINE && !quoted) end = i + 1;
  }
  return end;
}

const NEWLINE = 10;
