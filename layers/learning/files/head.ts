/** The beginning of a file, before anything is stored or while it is not read yet. */
import type { StoredFormat } from '#domain/datasets/file-format.ts';
import { TextCheck } from '../csv/bytes.ts';
import type { Dialect } from '../csv/dialect.ts';
import { inspectCsvHead } from '../csv/inspect.ts';
import type { Preamble } from '../csv/preamble.ts';
import { HEAD_BYTES } from '../csv/read.ts';
import { explained } from './archive.ts';
import { type Batch, batchOf, firstRows } from './batch.ts';
import { distinctNames, type RenamedColumn } from './column-names.ts';
import { bytesInMemory, type FileBytes } from './file-bytes.ts';
import { BEGINNING_BYTES, compressionOf, contentOf } from './format.ts';
import { gunzipBeginning, gunzipped } from './gzip.ts';
import { jsonHead } from './json.ts';
import { expectNoDialect, expectPackedOnce, onlyEntry } from './open.ts';
import { openParquet } from './parquet.ts';
import { inMemory } from './source-bytes.ts';

/** The rows of the beginning of a file that are complete. */
export interface TableHead extends StoredFormat {
  readonly dialect?: Dialect;
  /** Another delimiter that fits as well. */
  readonly rival?: string | undefined;
  /** What stands before the header. */
  readonly preamble?: Preamble | undefined;
  readonly header: readonly string[];
  /** Columns whose names others have before them. */
  readonly renamed: readonly RenamedColumn[];
  readonly batch: Batch;
  /** Whether these are all rows. */
  readonly whole: boolean;
}

interface Beginning {
  readonly bytes: Buffer;
  /** Whether they are all. */
  readonly whole: boolean;
}

/** Of a Parquet file, whose bytes do not say where a row ends. */
const PARQUET_ROWS = 1000;

/**
 * Checks the beginning of a file; `readTable` applies the same rules to all of it.
 * @param isCut whether the file may have been cut off, so that its last row does not count
 * @returns undefined if not even the header is complete
 * @throws ValidationError with field `file`, or `delimiter` or `quote` where there are none
 */
export async function inspectHead(
  file: FileBytes,
  given: Partial<Dialect> = {},
  isCut = false,
): Promise<TableHead | undefined> {
  const bytes = Buffer.from(await file.range(0, HEAD_BYTES));
  const compression = compressionOf(bytes);
  const outer = { bytes, whole: file.size <= HEAD_BYTES && !isCut };
  if (compression === undefined) {
    try {
      return named(await contentHead(outer, () => Promise.resolve(file), given));
    } catch (error) {
      throw isCut ? error : await explained(error, file);
    }
  }
  const unpack = compression === 'gzip' ? () => gunzipped(file) : (await onlyEntry(file)).open;
  const inner = compression === 'gzip' ? await gunzippedHead(outer) : await headOf(unpack());
  expectPackedOnce(inner.bytes, compression);
  const head = named(await contentHead(inner, () => inMemory(unpack()), given));
  return head && { ...head, compression };
}

type ContentHead = Omit<TableHead, 'renamed'>;

const named = (head: ContentHead | undefined): TableHead | undefined =>
  head && { ...head, ...distinctNames(head.header) };

async function contentHead(
  { bytes, whole }: Beginning,
  file: () => Promise<FileBytes>,
  given: Partial<Dialect>,
): Promise<ContentHead | undefined> {
  const content = contentOf(bytes.subarray(0, BEGINNING_BYTES));
  if (content === 'delimited') {
    const head = inspectCsvHead(bytes, whole, given);
    return head && { ...head, format: head.dialect.delimiter === '\t' ? 'tsv' : 'csv', whole };
  }
  expectNoDialect(given, { format: content });
  if (content === 'parquet') return parquetHead(await file());
  const check = new TextCheck('JSON');
  const text = check.pass(bytes);
  if (whole) check.end();
  const head = jsonHead(text, whole, content);
  return head && { format: content, ...head, whole };
}

async function parquetHead(file: FileBytes): Promise<ContentHead> {
  const { header, groups } = await openParquet(file);
  const rows: (readonly string[])[] = [];
  let count = 0;
  for await (const group of groups) {
    count += group.rows;
    // A row group may be the whole file: no more of it is read than is needed.
    rows.push(...firstRows(await group.first(PARQUET_ROWS - rows.length), header.length));
    if (count > PARQUET_ROWS) break;
  }
  return { format: 'parquet', header, batch: batchOf(rows), whole: count <= PARQUET_ROWS };
}

/** Of a whole file, also what is wrong with its end is found. */
async function gunzippedHead({ bytes, whole }: Beginning): Promise<Beginning> {
  if (!whole) return { bytes: gunzipBeginning(bytes, HEAD_BYTES), whole: false };
  return headOf(gunzipped(bytesInMemory(bytes)));
}

async function headOf(stream: AsyncIterable<Uint8Array>): Promise<Beginning> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > HEAD_BYTES) return { bytes: Buffer.concat(chunks).subarray(0, HEAD_BYTES), whole: false };
  }
  return { bytes: Buffer.concat(chunks), whole: true };
}
