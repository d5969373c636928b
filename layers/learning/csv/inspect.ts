import { parse } from 'csv-parse/sync';
import { TextCheck } from './bytes.ts';
import { type Dialect, detectDialect } from './dialect.ts';
import { fileFault } from './fault.ts';
import { numberedNames } from './numbered-names.ts';
import { parseOptions, translated } from './parse-options.ts';
import type { Preamble } from './preamble.ts';
import { makeRecordCheck } from './record-check.ts';

/** The rows of the beginning of a file that are complete. */
export interface Head {
  readonly dialect: Dialect;
  /** Another delimiter that fits as well. */
  readonly rival: string | undefined;
  readonly preamble: Preamble | undefined;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
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
  const before = headerLine - 1;
  const hasHeader = dialect.header !== false;
  const check = makeRecordCheck(undefined, hasHeader);
  let records: string[][];
  try {
    records = parse(
      complete,
      parseOptions(dialect, (record, line) => check(record, before + line), hasHeader),
    );
  } catch (error) {
    throw translated(error, dialect.quote, before);
  }
  const rows = hasHeader ? records.slice(1) : records;
  if (whole && rows.length === 0) throw fileFault('must have at least 1 row after the header; got 0');
  const [first] = records;
  const header = hasHeader ? first : first && numberedNames(first.length);
  return header && { dialect, rival, preamble, header, rows };
}

function textOf(head: Uint8Array, whole: boolean): string {
  const check = new TextCheck();
  const text = check.pass(head);
  if (whole) check.end();
  return text.toString('utf8');
}

/** The end of the last line break outside quotes. Whatever follows may be cut off. */
function lastRowEnd(text: string, quote: string): number {
  let end = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === quote) quoted = !quoted;
    else if (text[i] === '\n' && !quoted) end = i + 1;
  }
  return end;
}
