/** Opens a table in any of the formats, recognised by its content. */
import { type Compression, FORMAT_NAMES, type StoredFormat } from '#domain/datasets/file-format.ts';
import { ValidationError } from '#domain/errors.ts';
import type { Dialect } from '../csv/dialect.ts';
import { fileFault, shown } from '../csv/fault.ts';
import type { Preamble } from '../csv/preamble.ts';
import { type Csv, type CsvBeginning, type RowsPosition, readCsv, resumeCsv } from '../csv/read.ts';
import { explained } from './archive.ts';
import type { Batch } from './batch.ts';
import { distinctNames, type RenamedColumn } from './column-names.ts';
import type { FileBytes } from './file-bytes.ts';
import { BEGINNING_BYTES, compressionOf, contentOf, formatName } from './format.ts';
import { gunzipped } from './gzip.ts';
import { type JsonFormat, type JsonPosition, type JsonTable, readJson, resumeJson } from './json.ts';
import { openParquet, type ParquetTable } from './parquet.ts';
import type { RowGroup } from './parquet-group.ts';
import { type FileHash, type HashedFile, inMemory, plainHash, SourceBytes, type TableBytes } from './source-bytes.ts';
import { openZip, type ZipEntry } from './zip.ts';

export interface Table extends StoredFormat {
  /** Of CSV and TSV. */
  readonly dialect?: Dialect;
  /** Another delimiter that fits as well. */
  readonly rival?: string | undefined;
  /** What stands before the header. */
  readonly preamble?: Preamble | undefined;
  readonly header: readonly string[];
  /** Columns whose names others have before them. */
  readonly renamed: readonly RenamedColumn[];
  /** Each row has as many cells as the header. Can be read once; throws ValidationError. */
  readonly batches: AsyncGenerator<Batch>;
  /** Of Parquet, the same rows for who reads columns one by one: either these are read, or the batches. */
  readonly groups?: AsyncGenerator<RowGroup>;
  /** The SHA-256 of the file's bytes in hex, once they were read to their end. */
  digest(): string;
  /** Where reading goes on after the last batch; undefined if it cannot. */
  position(): TablePosition | undefined;
}

/** Where reading goes on in the next call. Can be stored. */
export interface TablePosition {
  readonly compression: Compression | undefined;
  readonly content: ContentPosition;
  /** The hash of the file's first bytes, and how many those are; of packed files, all bytes are hashed again. */
  readonly hash: Uint8Array | string | undefined;
  readonly hashed: number;
}

type ContentPosition = TextPosition | { readonly format: 'parquet'; readonly rowGroups: number };

type TextPosition = CsvPosition | { readonly format: JsonFormat; readonly rows: JsonPosition };

interface CsvPosition {
  readonly format: 'csv' | 'tsv';
  readonly beginning: CsvBeginning;
  readonly rows: RowsPosition;
}

export interface ReadOptions {
  /** What is said of the dialect; the rest is detected. */
  readonly dialect?: Partial<Dialect>;
  readonly hash?: FileHash;
  readonly from?: TablePosition | undefined;
}

/**
 * Read `batches` to their end or call `return()`.
 * @throws ValidationError with field `file`: here for faults in the beginning, and from `batches` for the rest
 */
export async function readTable(
  bytes: TableBytes,
  { dialect = {}, hash = plainHash(), from }: ReadOptions = {},
): Promise<Table> {
  if (from) return resumeTable(bytes, hash, from);
  const source = new SourceBytes(bytes, hash);
  const { beginning, stream } = await begun(source);
  const compression = compressionOf(beginning);
  const opened = (content: Content): Table => ({
    ...content,
    ...distinctNames(content.header),
    ...(compression === undefined ? {} : { compression }),
    digest: () => source.digest(),
    position: () => positionOf(source, compression, content.at()),
  });
  if (compression === undefined) {
    try {
      const whole = () => source.besides(stream);
      return opened(await readContent(beginning, stream, whole, dialect, source.isReleased));
    } catch (error) {
      throw await explained(error, bytes);
    }
  }
  const unpacked = compression === 'gzip' ? gunzipped(stream) : (await onlyEntry(await source.whole(stream))).open();
  const inner = await begun(unpacked);
  expectPackedOnce(inner.beginning, compression);
  const unpackedFile = async () => ({ file: await inMemory(inner.stream), hashed: undefined });
  return opened(await readContent(inner.beginning, inner.stream, unpackedFile, dialect));
}

function positionOf(
  source: SourceBytes,
  compression: Compression | undefined,
  content: ContentPosition | undefined,
): TablePosition | undefined {
  if (content === undefined) return undefined;
  // A Parquet file is hashed while its first rows are read.
  if (content.format === 'parquet') {
    if (compression !== undefined || !source.hasEnded) return undefined;
    return { compression, content, hash: source.digest(), hashed: 0 };
  }
  if (compression !== undefined) return { compression, content, hash: undefined, hashed: 0 };
  const hash = source.save();
  return hash && { compression, content, hash, hashed: source.hashed };
}

/** Packed files are unpacked from their beginning again, which takes a small part of the time of reading them. */
async function resumeTable(bytes: TableBytes, hash: FileHash, from: TablePosition): Promise<Table> {
  const { compression, content, hashed } = from;
  const source = new SourceBytes(bytes, hash, hashed);
  const position = (at: ContentPosition | undefined) => positionOf(source, compression, at);
  if (content.format === 'parquet') {
    const { at, ...table } = parquetContent(await openParquet(source.file, { firstGroup: content.rowGroups }));
    const digest = () => String(from.hash);
    return {
      ...table,
      ...distinctNames(table.header),
      digest,
      position: () => ({ ...from, content: at() ?? content }),
    };
  }
  const { offset } = content.rows;
  const { at, ...table } = resumeContent(await unpackedFrom(source, compression, offset), content);
  const packed = compression === undefined ? {} : { compression };
  return {
    ...table,
    ...distinctNames(table.header),
    ...packed,
    digest: () => source.digest(),
    position: () => position(at()),
  };
}

async function unpackedFrom(source: SourceBytes, compression: Compression | undefined, offset: number) {
  if (compression === undefined) return source.rest(offset);
  const packed = source[Symbol.asyncIterator]();
  return without(
    compression === 'gzip' ? gunzipped(packed) : (await onlyEntry(await source.whole(packed))).open(),
    offset,
  );
}

function resumeContent(bytes: AsyncIterable<Uint8Array>, content: TextPosition): Content {
  if ('beginning' in content) return csvContent(resumeCsv(bytes, content.beginning, content.rows));
  return jsonContent(content.format, resumeJson(bytes, content.format, content.rows));
}

async function* without(bytes: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of bytes) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

/** The file of a ZIP that has one. */
export async function onlyEntry(file: FileBytes): Promise<ZipEntry> {
  const entries = await openZip(file);
  const [entry, ...others] = entries;
  if (entries.some(({ name }) => name === WORKBOOK))
    throw fileFault('must be a table; got an Excel workbook: save it as CSV');
  if (entries.some(({ name }) => name === SPREADSHEET) && entries.some(({ name }) => name === 'mimetype'))
    throw fileFault('must be a table; got an OpenDocument spreadsheet: save it as CSV');
  if (entry && others.length === 0) return entry;
  const names = entries.slice(0, SHOWN).map(({ name }) => shown(name));
  const got = [
    `${entries.length}`,
    ...(names.length > 0 ? [`: ${names.join(', ')}`] : []),
    entries.length > SHOWN ? ' …' : '',
  ];
  throw fileFault(`must be a ZIP with one file in it; got ${got.join('')}`);
}

/** @throws ValidationError with field `file` */
export function expectPackedOnce(beginning: Buffer, outer: Compression): void {
  const inner = compressionOf(beginning);
  if (inner === undefined) return;
  const names = { inner: FORMAT_NAMES[inner], outer: FORMAT_NAMES[outer] };
  throw fileFault(`must be packed once; got ${names.inner} within ${names.outer}: unpack it, and upload what is in it`);
}

const WORKBOOK = 'xl/workbook.xml';
const SPREADSHEET = 'content.xml';
const SHOWN = 5;

type Content = Omit<Table, 'compression' | 'digest' | 'position' | 'renamed'> & {
  /** What follows the last batch; undefined where reading cannot go on from there. */
  readonly at: () => ContentPosition | undefined;
};

async function readContent(
  beginning: Buffer,
  stream: AsyncIterable<Uint8Array>,
  whole: () => Promise<HashedFile>,
  given: Partial<Dialect>,
  isReleased = false,
): Promise<Content> {
  const format = contentOf(beginning);
  if (format === 'delimited') return csvContent(await readCsv(stream, given, isReleased));
  expectNoDialect(given, { format });
  if (format !== 'parquet') return jsonContent(format, await readJson(stream, format));
  const { file, hashed } = await whole();
  return parquetContent(await openParquet(file, { hashed }));
}

const parquetContent = ({ header, groups, batches, rowGroups }: ParquetTable): Content => ({
  ...{ format: 'parquet', header, groups, batches },
  at: () => ({ format: 'parquet', rowGroups: rowGroups() }),
});

function csvContent({ dialect, rival, preamble, header, batches, position }: Csv): Content {
  const format = dialect.delimiter === '\t' ? 'tsv' : 'csv';
  const beginning = { dialect, rival, preamble, header };
  const at = (): CsvPosition | undefined => {
    const rows = position();
    return rows && { format, beginning, rows };
  };
  return { format, ...beginning, batches, at };
}

const jsonContent = (format: JsonFormat, { header, batches, position }: JsonTable): Content => ({
  ...{ format, header, batches },
  at: () => ({ format, rows: position() }),
});

/** @throws ValidationError with field `delimiter` or `quote`, if one was said of a format that has none */
export function expectNoDialect(given: Partial<Dialect>, of: StoredFormat): void {
  const [field] = Object.keys(given);
  if (field === undefined) return;
  throw ValidationError.of(field, `must be left out for ${formatName(of)}; it is for CSV and TSV`);
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
