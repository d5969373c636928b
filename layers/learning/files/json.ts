/** Reads JSON Lines, and JSON that is one array, as a stream of rows in bounded memory. */
import { LIMITS } from '#domain/limits.ts';
import { checkedText, TextCheck } from '../csv/bytes.ts';
import { fileFault } from '../csv/fault.ts';
import { ROW_CHARACTERS } from '../csv/parse-options.ts';
import { expectCellBytes, expectDistinctNames, expectHeader } from '../csv/record-check.ts';
import type { Batch } from './batch.ts';
import { Cells } from './cells.ts';
import { namesIn, RecordReader, type RecordShape, recordFault } from './json-record.ts';
import { ArraySplitter, type FoundRecord, LineSplitter, type SplitState, type Splitter } from './json-split.ts';

export type JsonFormat = 'json' | 'jsonl';

export interface JsonTable {
  readonly header: readonly string[];
  readonly batches: AsyncGenerator<Batch>;
  /** What follows the last batch. */
  readonly position: () => JsonPosition;
}

/** What the first record shows, and the beginning of the records that were not read yet. */
export interface JsonPosition {
  readonly names: readonly string[];
  readonly shape: RecordShape;
  readonly split: SplitState;
  /** Bytes before them. */
  readonly offset: number;
  readonly rows: number;
}

/** @throws ValidationError with field `file`: here for faults in the beginning, and from `batches` for the rest */
export async function readJson(bytes: AsyncIterable<Uint8Array>, format: JsonFormat): Promise<JsonTable> {
  const rows = new JsonRows(format);
  const check = new TextCheck('JSON');
  const batches = rows.read(checkedText(bytes, check));
  const first = await batches.next();
  if (first.done) {
    if (rows.header.length > 0) rows.expectRows();
    throw fileFault('must have at least 1 record; got 0');
  }
  const position = () => rows.position(check.skipped);
  return { header: rows.header, batches: following(first.value, batches, rows), position };
}

/** Goes on where an earlier reading stopped. The bytes are those from that position on. */
export function resumeJson(bytes: AsyncIterable<Uint8Array>, format: JsonFormat, from: JsonPosition): JsonTable {
  const rows = new JsonRows(format, from);
  const check = new TextCheck('JSON', { offset: from.offset, line: from.split.line });
  return { header: rows.header, batches: rows.read(checkedText(bytes, check)), position: () => rows.position(0) };
}

async function* following(first: Batch, rest: AsyncGenerator<Batch>, rows: JsonRows): AsyncGenerator<Batch> {
  yield first;
  yield* rest;
  rows.expectRows();
}

/** The rows of the beginning of a file that are complete; undefined if there is none. */
export function jsonHead(
  text: Buffer,
  whole: boolean,
  format: JsonFormat,
): { header: readonly string[]; batch: Batch } | undefined {
  const rows = new JsonRows(format);
  const batch = rows.take(Buffer.from(text), 0, whole);
  if (whole && rows.header.length === 0) throw fileFault('must have at least 1 record; got 0');
  if (whole) rows.expectRows();
  return rows.header.length === 0 ? undefined : { header: rows.header, batch };
}

class JsonRows {
  header: readonly string[] = [];
  readonly #splitter: Splitter;
  #reader: RecordReader | undefined;
  #cells = new Cells(0);
  #rows = 0;
  /** How many bytes the last pieces have left, and how many there were before these. */
  #kept = 0;
  #offset = 0;
  #beginning: Pick<JsonPosition, 'names' | 'shape'> | undefined;

  constructor(format: JsonFormat, from?: JsonPosition) {
    this.#splitter = format === 'jsonl' ? new LineSplitter(from?.split) : new ArraySplitter(from?.split);
    if (!from) return;
    this.#rows = from.rows;
    this.#offset = from.offset;
    this.#open(from);
  }

  /** @param skipped bytes at the beginning of the file that are no text */
  position(skipped: number): JsonPosition {
    const { state: split } = this.#splitter;
    return { ...this.#beginning!, split, offset: this.#offset + skipped, rows: this.#rows };
  }

  #open({ names, shape }: Pick<JsonPosition, 'names' | 'shape'>): void {
    this.header = names.map((name) => name.trim());
    expectHeader(this.header);
    // Which of two values a record means, nobody can say.
    if (shape === 'objects') expectDistinctNames(this.header);
    this.#beginning = { names, shape };
    this.#reader = new RecordReader(names, shape);
    this.#cells = new Cells(names.length);
  }

  async *read(chunks: AsyncIterable<Buffer>): AsyncGenerator<Batch> {
    let left: Buffer = Buffer.alloc(0);
    for await (const chunk of chunks) {
      const batch = this.take(this.#cells.fill([left, chunk]), left.length, false);
      left = Buffer.from(batch.bytes.subarray(this.#kept));
      this.#offset += this.#kept;
      if (left.length > ROW_CHARACTERS) {
        throw fileFault(`row ${this.#rows + 1} must be at most ${ROW_CHARACTERS} bytes; got more`);
      }
      if (batch.rows > 0) yield batch;
    }
    const last = this.take(this.#cells.fill([left]), left.length, true);
    this.#offset += this.#kept;
    if (last.rows > 0) yield last;
  }

  /** The rows of these bytes, which it changes; `from` on they are new. */
  take(bytes: Buffer, from: number, last: boolean): Cells {
    const found: FoundRecord[] = [];
    this.#kept = this.#splitter.split(bytes, from, last, found);
    const [first, ...rest] = found;
    const records = first === undefined || this.#reader ? found : this.#begin(bytes, first, rest);
    this.#cells.reset(bytes);
    for (const record of records) this.#read(record);
    return this.#cells;
  }

  expectRows(): void {
    if (this.#rows === 0) throw fileFault('must have at least 1 row after the names of the columns; got 0');
  }

  #begin(bytes: Buffer, first: FoundRecord, rest: FoundRecord[]): FoundRecord[] {
    try {
      // Reading changes the bytes, and the first record is read twice.
      const copy = Buffer.from(bytes.subarray(first.start, first.end));
      const { shape, names } = namesIn(copy, { start: 0, end: copy.length });
      this.#open({ names, shape });
      return shape === 'objects' ? [first, ...rest] : rest;
    } catch (error) {
      throw recordFault(error, place(1, first));
    }
  }

  #read(record: FoundRecord): void {
    this.#rows++;
    if (this.#rows > LIMITS.csv.rows) throw fileFault(`must have at most ${LIMITS.csv.rows} rows; got more`);
    try {
      this.#reader!.read(this.#cells, record);
    } catch (error) {
      throw recordFault(error, place(this.#rows, record));
    }
    if (record.end - record.start > LIMITS.csv.cellBytes) this.#expectCells(record);
  }

  #expectCells(record: FoundRecord): void {
    const { rows, starts, ends } = this.#cells;
    const first = (rows - 1) * this.header.length;
    for (const column of this.header.keys()) {
      const length = ends[first + column]! - starts[first + column]!;
      expectCellBytes(length, place(this.#rows, record), column);
    }
  }
}

const place = (row: number, { line }: FoundRecord): string =>
  line === undefined ? `row ${row}` : `row ${row} (line ${line})`;
