/** Reads a CSV file of any size as a stream of rows, in bounded memory. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { checkedText } from './bytes.ts';
import { type DetectedDialect, type Dialect, detectDialect } from './dialect.ts';
import { fileFault } from './fault.ts';
import { parseOptions, translated } from './parse-options.ts';
import { makeRecordCheck } from './record-check.ts';

/** The number of bytes that are inspected before the file is parsed. */
export const HEAD_BYTES = 262_144;

export interface Csv {
  readonly dialect: Dialect;
  /** Another delimiter that fits as well. */
  readonly rival: string | undefined;
  readonly header: readonly string[];
  /** Each has as many fields as the header, without blanks around them outside of quotes. Can be read once; throws ValidationError. */
  readonly rows: AsyncGenerator<readonly string[]>;
}

/**
 * Opens a file for reading. What `given` says of its dialect is not detected. Read `rows` to its end or call its `return()`.
 * @throws ValidationError with field `file`: here for faults in the beginning, and from `rows` for the rest
 */
export async function readCsv(bytes: AsyncIterable<Uint8Array>, given: Partial<Dialect> = {}): Promise<Csv> {
  const chunks = checkedText(bytes)[Symbol.asyncIterator]();
  const { head, whole } = await readHead(chunks);
  if (head.length === 0) throw fileFault('must not be empty; got 0 bytes');
  const { rival, headerLine, ...dialect }: DetectedDialect = detectDialect(head.toString('utf8'), whole, given);
  const records = parseRecords(joined(head, chunks), dialect, headerLine);
  const first = await records.next();
  if (first.done) throw fileFault('must have a header and at least 1 row; got blank lines only');
  return { dialect, rival, header: first.value, rows: expectRows(records) };
}

async function* parseRecords(
  bytes: AsyncIterable<Buffer>,
  dialect: Dialect,
  headerLine: number,
): AsyncGenerator<string[]> {
  const parser = parse({
    ...parseOptions(dialect, headerLine, makeRecordCheck()),
    readableHighWaterMark: 512,
  } as object);
  const flow = pipeline(Readable.from(bytes, { objectMode: false }), parser);
  // Errors reach the loop below through the parser. If the loop is left early, nothing else awaits this promise.
  flow.catch(() => {});
  try {
    yield* parser as AsyncIterable<string[]>;
    await flow;
  } catch (error) {
    throw translated(error, dialect.quote);
  }
}

async function* expectRows(records: AsyncGenerator<string[]>): AsyncGenerator<readonly string[]> {
  let rows = 0;
  for await (const record of records) {
    rows++;
    yield record;
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
