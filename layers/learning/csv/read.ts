/** Reads a CSV file of any size as a stream of rows, in bounded memory. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { LIMITS } from '#domain/limits.ts';
import { release } from '#domain/release.ts';
import { type Batch, batchOf, rowsOf } from '../files/batch.ts';
import { checkedText, newlines, TextCheck } from './bytes.ts';
import { type Dialect, detectDialect } from './dialect.ts';
import { fileFault } from './fault.ts';
import { parseHeader } from './header.ts';
import { numberedNames } from './numbered-names.ts';
import { parseOptions, ROW_CHARACTERS, translated } from './parse-options.ts';
import type { Preamble } from './preamble.ts';
import { makeRecordCheck, type RecordCheck } from './record-check.ts';
import { CsvScanner } from './scan.ts';

/** The number of bytes that are inspected before the file is parsed. */
export const HEAD_BYTES = 262_144;

/** What the beginning of a file shows. */
export interface CsvBeginning {
  readonly dialect: Dialect;
  /** Another delimiter that fits as well. */
  readonly rival: string | undefined;
  /** What stands before the header. */
  readonly preamble?: Preamble | undefined;
  readonly header: readonly string[];
}

/** The beginning of the rows that were not read yet. */
export interface RowsPosition {
  /** Bytes before it. */
  readonly offset: number;
  /** The line it is on, from 1, where lines mean something. */
  readonly line: number;
  /** Rows before it. */
  readonly rows: number;
}

export interface Csv extends CsvBeginning {
  /**
   * Rows with as many cells as the header, without blanks around them outside of quotes. Can be read once; throws
   * ValidationError.
   */
  readonly batches: AsyncGenerator<Batch>;
  /** The same rows one by one, instead of the batches. */
  readonly rows: AsyncGenerator<readonly string[]>;
  /** What follows the last batch; undefined where reading cannot go on from there. */
  readonly position: () => RowsPosition | undefined;
}

/**
 * Opens a file for reading. What `given` says of its dialect is not detected. Read `batches` to their end or call `return()`.
 * @param isReleased whether the memory of the chunks is given back once they were used
 * @throws ValidationError with field `file`: here for faults in the beginning, and from `batches` for the rest
 */
export async function readCsv(
  bytes: AsyncIterable<Uint8Array>,
  given: Partial<Dialect> = {},
  isReleased = false,
): Promise<Csv> {
  const check = new TextCheck('CSV');
  const chunks = checkedText(bytes, check)[Symbol.asyncIterator]();
  const { head, whole } = await readHead(chunks);
  if (head.length === 0) throw fileFault('must not be empty; got 0 bytes');
  const sample = head.toString('utf8');
  const { rival, preamble, headerLine, headerStart, ...dialect } = detectDialect(sample, whole, given);
  const start = Buffer.byteLength(sample.slice(0, headerStart));
  const place = headerOf(head.subarray(start), dialect, headerLine);
  if (place === undefined) {
    // A header that is longer than the beginning of the file, or has other quotes than RFC 4180.
    const hasHeader = dialect.header !== false;
    const from = { lines: headerLine - 1, check: makeRecordCheck(undefined, hasHeader) };
    const records = parseRecords(joined(head.subarray(start), chunks), dialect, from, hasHeader);
    const first = await records.next();
    if (first.done) throw fileFault('must have a header and at least 1 row; got blank lines only');
    const header = hasHeader ? first.value : numberedNames(first.value.length);
    return withRows({
      ...{ dialect, rival, preamble, header },
      batches: expectRows(inBatches(hasHeader ? records : after(first.value, records))),
      position: () => undefined,
    });
  }
  const beginning = { dialect, rival, preamble, header: place.header };
  const end = start + place.end;
  const begins = { offset: end + check.skipped, line: place.line, rows: 0 };
  const scanned = new ScannedRows(joined(head.subarray(end), chunks), check, beginning, begins, {
    isReleased,
    isLarge: !whole,
  });
  return withRows({
    ...{ ...beginning, batches: expectRows(scanned.read()) },
    position: () => scanned.position,
  });
}

/** Goes on where an earlier reading stopped. The bytes are those from that position on. */
export function resumeCsv(bytes: AsyncIterable<Uint8Array>, beginning: CsvBeginning, from: RowsPosition): Csv {
  const check = new TextCheck('CSV', from);
  const scanned = new ScannedRows(checkedText(bytes, check), check, beginning, from, {
    isReleased: false,
    isLarge: true,
  });
  return withRows({ ...beginning, batches: scanned.read(), position: () => scanned.position });
}

const withRows = (csv: Omit<Csv, 'rows'>): Csv => ({ ...csv, rows: rowsOf(csv.batches, csv.header.length) });

/** The header at the beginning of the bytes, where it ends, and the line after it. */
function headerOf(head: Buffer, dialect: Dialect, headerLine: number) {
  const header = parseHeader(head, dialect);
  if (header === undefined) return undefined;
  makeRecordCheck()(header.names, headerLine);
  return { header: header.names, end: header.end, line: headerLine + header.line - 1 };
}

/** Scans rows, and leaves them to the parser from the first one on that the scanner does not take. */
class ScannedRows {
  readonly #chunks: AsyncIterable<Buffer>;
  readonly #check: TextCheck;
  readonly #dialect: Dialect;
  readonly #scanner: CsvScanner;
  readonly #isReleased: boolean;
  #rows: number;
  #offset: number;
  #left: Buffer = Buffer.alloc(0);

  /** @param check what the chunks have passed */
  constructor(
    chunks: AsyncIterable<Buffer>,
    check: TextCheck,
    { dialect, header }: CsvBeginning,
    { offset, line, rows }: RowsPosition,
    { isReleased, isLarge }: { readonly isReleased: boolean; readonly isLarge: boolean },
  ) {
    this.#isReleased = isReleased;
    this.#chunks = chunks;
    this.#check = check;
    check.leaveLines(() => this.#lineOfNext);
    this.#dialect = dialect;
    this.#scanner = new CsvScanner(dialect, header.length, line, isLarge);
    this.#rows = rows;
    this.#offset = offset;
  }

  get position(): RowsPosition | undefined {
    const { line, hasStopped } = this.#scanner;
    return hasStopped ? undefined : { offset: this.#offset, line, rows: this.#rows };
  }

  get #lineOfNext(): number {
    return this.#scanner.line + newlines(this.#left);
  }

  async *read(): AsyncGenerator<Batch> {
    const scanner = this.#scanner;
    const rest = this.#chunks[Symbol.asyncIterator]();
    for (let isLast = false; !isLast; ) {
      const next = await rest.next();
      isLast = next.done === true;
      const end = scanner.take(next.done ? [this.#left] : [this.#left, next.value], isLast);
      if (this.#isReleased && !next.done) release(next.value);
      this.#left = scanner.cells.bytes.subarray(end);
      this.#offset += end;
      this.#rows += scanner.cells.rows;
      if (scanner.cells.rows > 0) yield scanner.cells;
      if (this.#rows > LIMITS.csv.rows) throw fileFault(`must have at most ${LIMITS.csv.rows} rows; got more`);
      const isLong = this.#left.length > ROW_CHARACTERS;
      if (scanner.hasStopped || isLong || (isLast && this.#left.length > 0)) {
        scanner.hasStopped = true;
        this.#check.countLines(this.#lineOfNext);
        const check = makeRecordCheck({ columns: scanner.cells.columns, rows: this.#rows });
        const from = { lines: scanner.line - 1, check };
        const all = joined(this.#left, isLast ? noMore() : rest);
        yield* inBatches(parseRecords(all, this.#dialect, from, false));
        return;
      }
    }
  }
}

async function* after<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}

async function* noMore(): AsyncGenerator<Buffer> {}

/** How many rows of the parser make a batch. */
const BATCH_ROWS = 500;

async function* inBatches(records: AsyncIterable<readonly string[]>): AsyncGenerator<Batch> {
  let some: (readonly string[])[] = [];
  for await (const record of records) {
    some.push(record);
    if (some.length < BATCH_ROWS) continue;
    yield batchOf(some);
    some = [];
  }
  if (some.length > 0) yield batchOf(some);
}

interface From {
  /** Before the first of the bytes. */
  readonly lines: number;
  readonly check: RecordCheck;
}

async function* parseRecords(
  bytes: AsyncIterable<Buffer>,
  dialect: Dialect,
  { lines, check }: From,
  hasHeader = true,
): AsyncGenerator<string[]> {
  const parser = parse({
    ...parseOptions(dialect, (record, line) => check(record, lines + line), hasHeader),
    readableHighWaterMark: 512,
  } as object);
  const flow = pipeline(Readable.from(bytes, { objectMode: false }), parser);
  // Errors reach the loop below through the parser. If the loop is left early, nothing else awaits this promise.
  flow.catch(() => {});
  try {
    yield* parser as AsyncIterable<string[]>;
    await flow;
  } catch (error) {
    throw translated(error, dialect.quote, lines);
  }
}

async function* expectRows(batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
  let rows = 0;
  for await (const batch of batches) {
    rows += batch.rows;
    yield batch;
  }
  if (rows === 0) throw fileFault('must have at least 1 row after the header; got 0');
}

async function readHead(chunks: AsyncIterator<Buffer>): Promise<{ head: Buffer; whole: boolean }> {
  const parts: Buffer[] = [];
  let size = 0;
  while (size < HEAD_BYTES) {
    const next = await chunks.next();
    if (next.done) return { head: Buffer.concat(parts), whole: true };
    parts.push(next.value);
    size += next.value.length;
  }
  return { head: Buffer.concat(parts), whole: false };
}

async function* joined(head: Buffer, rest: AsyncIterator<Buffer> & { return?: unknown }): AsyncGenerator<Buffer> {
  yield head;
  yield* { [Symbol.asyncIterator]: () => rest };
}
