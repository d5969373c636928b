/** Opens a table in any of the formats, recognised by its content. */
import { createHash, type Hash } from 'node:crypto';
import type { StoredFormat } from '#domain/datasets/file-format.ts';
import { ValidationError } from '#domain/errors.ts';
import type { Dialect } from '../csv/dialect.ts';
import { fileFault, shown } from '../csv/fault.ts';
import { readCsv } from '../csv/read.ts';
import type { Batch } from './batch.ts';
import { bytesInMemory, type FileBytes } from './file-bytes.ts';
import { BEGINNING_BYTES, compressionOf, contentOf, formatName } from './format.ts';
import { gunzipped } from './gzip.ts';
import { readJson } from './json.ts';
import { openParquet } from './parquet.ts';
import { openZip, type ZipEntry } from './zip.ts';

export interface Table extends StoredFormat {
  /** Of CSV and TSV. */
  readonly dialect?: Dialect;
  /** Another delimiter that fits as well. */
  readonly rival?: string | undefined;
  readonly header: readonly string[];
  /** Each row has as many cells as the header. Can be read once; throws ValidationError. */
  readonly batches: AsyncGenerator<Batch>;
  /** The SHA-256 of the file's bytes in hex, once they were read to their end. */
  digest(): string;
}

/** The file as a stream, of which parts can be read again; a plain stream is held in memory where that is needed. */
export type TableBytes = AsyncIterable<Uint8Array> | FileBytes;

/**
 * Read `batches` to their end or call `return()`. What `given` says of the dialect is not detected.
 * @throws ValidationError with field `file`: here for faults in the beginning, and from `batches` for the rest
 */
export async function readTable(bytes: TableBytes, given: Partial<Dialect> = {}): Promise<Table> {
  const source = new Source(bytes);
  const { beginning, stream } = await begun(source);
  const compression = compressionOf(beginning);
  const digest = () => source.digest();
  if (compression === undefined) {
    const table = await readContent(beginning, stream, () => source.whole(stream), given);
    return { ...table, digest };
  }
  const unpacked = compression === 'gzip' ? gunzipped(stream) : (await onlyEntry(await source.whole(stream))).open();
  const inner = await begun(unpacked);
  const table = await readContent(inner.beginning, inner.stream, () => inMemory(inner.stream), given);
  return { ...table, compression, digest };
}

/** The file of a ZIP that has one. */
export async function onlyEntry(file: FileBytes): Promise<ZipEntry> {
  const entries = await openZip(file);
  const [entry, ...others] = entries;
  if (entries.some(({ name }) => name === WORKBOOK))
    throw fileFault('must be a table; got an Excel workbook: save it as CSV');
  if (entry && others.length === 0) return entry;
  const names = entries.slice(0, SHOWN).map(({ name }) => shown(name));
  const got = [
    `${entries.length}`,
    ...(names.length > 0 ? [`: ${names.join(', ')}`] : []),
    entries.length > SHOWN ? ' …' : '',
  ];
  throw fileFault(`must be a ZIP with one file in it; got ${got.join('')}`);
}

const WORKBOOK = 'xl/workbook.xml';
const SHOWN = 5;

type Content = Omit<Table, 'compression' | 'digest'>;

async function readContent(
  beginning: Buffer,
  stream: AsyncIterable<Uint8Array>,
  whole: () => Promise<FileBytes>,
  given: Partial<Dialect>,
): Promise<Content> {
  const content = contentOf(beginning);
  if (content === 'delimited') {
    const { dialect, rival, header, batches } = await readCsv(stream, given);
    return { format: dialect.delimiter === '\t' ? 'tsv' : 'csv', dialect, rival, header, batches };
  }
  expectNoDialect(given, { format: content });
  const { header, batches } =
    content === 'parquet' ? await openParquet(await whole()) : await readJson(stream, content);
  return { format: content, header, batches };
}

/** @throws ValidationError with field `delimiter` or `quote`, if one was said of a format that has none */
export function expectNoDialect(given: Partial<Dialect>, of: StoredFormat): void {
  const [field] = Object.keys(given);
  if (field === undefined) return;
  throw ValidationError.of(field, `must be left out for ${formatName(of)}; it is for CSV and TSV`);
}

/** Hashes the bytes as they pass by. */
class Source implements AsyncIterable<Uint8Array> {
  readonly #bytes: TableBytes;
  readonly #hash: Hash = createHash('sha256');
  #hasEnded = false;

  constructor(bytes: TableBytes) {
    this.#bytes = bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#bytes) {
      this.#hash.update(chunk);
      yield chunk;
    }
    this.#hasEnded = true;
  }

  /** All of the file, after the rest of the stream was hashed. */
  async whole(stream: AsyncIterable<Uint8Array>): Promise<FileBytes> {
    if (!('range' in this.#bytes)) return inMemory(stream);
    for await (const _ of stream);
    return this.#bytes;
  }

  digest(): string {
    if (!this.#hasEnded) throw fileFault('must end with its data; got other bytes after them');
    return this.#hash.digest('hex');
  }
}

/** Of what has to be held in memory: a Parquet file that is packed once more. */
const MEMORY_BYTES = 268_435_456;

export async function inMemory(stream: AsyncIterable<Uint8Array>): Promise<FileBytes> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MEMORY_BYTES) {
      throw fileFault(
        `must be at most ${MEMORY_BYTES} bytes when it is unpacked, as it has to be read from its end; got more: upload it as it is, since Parquet is compressed within`,
      );
    }
    chunks.push(chunk);
  }
  return bytesInMemory(Buffer.concat(chunks));
}

/** The first bytes, and the stream from its first byte on. */
async function begun(
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ beginning: Buffer; stream: AsyncGenerator<Uint8Array> }> {
  const chunks = bytes[Symbol.asyncIterator]();
  let beginning: Buffer = Buffer.alloc(0);
  let isEnd = false;
  while (beginning.length < BEGINNING_BYTES && !isEnd) {
    const next = await chunks.next();
    if (next.done) isEnd = true;
    else
      beginning =
        beginning.length === 0
          ? Buffer.from(next.value.buffer, next.value.byteOffset, next.value.length)
          : Buffer.concat([beginning, next.value]);
  }
  async function* stream() {
    try {
      if (beginning.length > 0) yield beginning;
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
    } finally {
      await chunks.return?.();
    }
  }
  return { beginning, stream: stream() };
}
