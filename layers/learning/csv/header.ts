import type { Dialect } from './dialect.ts';
import { namesOf } from './parse-options.ts';
import { CsvScanner } from './scan.ts';

export interface Header {
  readonly names: readonly string[];
  /** Where the rows begin, and on which line, counted from the header's first one. */
  readonly end: number;
  readonly line: number;
}

const NEWLINE = 10;

/** The first row of the bytes. Undefined if it is not complete, or needs the parser. */
export function parseHeader(bytes: Buffer, dialect: Dialect): Header | undefined {
  const end = bytes.indexOf(NEWLINE);
  const line = bytes.subarray(0, end + 1);
  // Rarely, a header spans lines or has quotes in it.
  if (end < 1 || line.includes('"') || line.includes("'") || line.subarray(0, end - 1).includes('\r')) return undefined;
  const columns = line.toString('utf8').split(dialect.delimiter).length;
  const scanner = new CsvScanner(dialect, columns, 1);
  scanner.take(Buffer.from(line), true);
  if (scanner.cells.rows !== 1) return undefined;
  const cells = Array.from({ length: columns }, (_, i) => scanner.cells.text(0, i));
  return { names: namesOf(cells), end: end + 1, line: 2 };
}
