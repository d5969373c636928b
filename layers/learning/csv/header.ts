import { parse } from 'csv-parse/sync';
import type { Dialect } from './dialect.ts';
import { numberedNames } from './numbered-names.ts';
import { parseOptions } from './parse-options.ts';

export interface Header {
  readonly names: readonly string[];
  /** Where the rows begin, and on which line, counted from the first one of the bytes. */
  readonly end: number;
  readonly line: number;
}

const CODE = { newline: 10, return: 13 } as const;

/** The first row of the bytes, or names for its cells if it has none. Undefined if it is not complete, or has a fault that reading the whole file reports. */
export function parseHeader(bytes: Buffer, dialect: Dialect): Header | undefined {
  const quote = dialect.quote === 'none' ? -1 : dialect.quote.charCodeAt(0);
  let start = 0;
  // Blank lines do not count.
  while (bytes[start] === CODE.newline || bytes[start] === CODE.return) start++;
  let end = start;
  for (let isQuoted = false; isQuoted || !isLineBreak(bytes[end]!); end++) {
    if (end >= bytes.length) return undefined;
    if (bytes[end] === quote) isQuoted = !isQuoted;
  }
  // What follows decides whether this is all of the line break.
  if (end + 1 >= bytes.length) return undefined;
  const after = end + (bytes[end] === CODE.return && bytes[end + 1] === CODE.newline ? 2 : 1);
  try {
    const records: string[][] = parse(
      bytes.subarray(start, end),
      parseOptions(dialect, () => {}),
    );
    const [names] = records;
    if (names === undefined || records.length > 1) return undefined;
    if (dialect.header === false) return { names: numberedNames(names.length), end: 0, line: 1 };
    return { names, end: after, line: 1 + lineBreaks(bytes, after) };
  } catch {
    return undefined;
  }
}

const isLineBreak = (code: number): boolean => code === CODE.newline || code === CODE.return;

/** Of the kinds that the parser counts: CR LF, LF and CR. */
function lineBreaks(bytes: Buffer, end: number): number {
  let count = 0;
  for (let at = 0; at < end; at++) {
    if (bytes[at] === CODE.newline || (bytes[at] === CODE.return && bytes[at + 1] !== CODE.newline)) count++;
  }
  return count;
}
