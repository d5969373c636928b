/** Reads one column of one row group. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { ColumnMetaData, Compressors, DecodedArray, SchemaTree } from 'hyparquet';
import { parquetHeader, readColumn } from 'hyparquet/src/column.js';
import { fileFault, shown } from '../csv/fault.ts';
import type { FileBytes } from './file-bytes.ts';
import { PARSERS } from './parquet-values.ts';

/** A page says how long it is unpacked; not more is unpacked, whatever it holds. */
const COMPRESSORS: Compressors = {
  GZIP: (packed, length) => gunzipSync(packed, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (packed, length) => brotliDecompressSync(packed, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (packed, length) => zstdDecompressSync(packed, { maxOutputLength: Math.max(1, length) }),
};
export const CODECS = ['UNCOMPRESSED', 'SNAPPY', ...Object.keys(COMPRESSORS)];

export interface ChunkOf {
  readonly column: ColumnMetaData;
  /** From the root of the schema to the column. */
  readonly path: readonly SchemaTree[];
  readonly rows: number;
}

/** The column's values in pieces, null and undefined among them. */
export async function readChunk(file: FileBytes, { column, path, rows }: ChunkOf): Promise<readonly DecodedArray[]> {
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  const bytes = await file.range(start, start + Number(column.total_compressed_size));
  const name = path.at(-1)!.element.name;
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    expectPages(view, column, rows);
    const decoder = {
      ...column,
      pathInSchema: column.path_in_schema,
      element: path.at(-1)!.element,
      schemaPath: [...path],
      parsers: PARSERS as never,
      compressors: COMPRESSORS,
    };
    const select = { groupStart: 0, selectStart: 0, selectEnd: rows, groupRows: rows };
    const { data } = readColumn({ view, offset: 0 }, select, decoder);
    const got = data.reduce((sum, { length }) => sum + length, 0);
    if (got !== rows) throw new Error(`${rows} values are announced; got ${got}`);
    return data;
  } catch (error) {
    if (!(error instanceof Error) || 'details' in error) throw error;
    throw fileFault(
      `column ${shown(name)} of the Parquet file is damaged or written in an unknown way: ${error.message}`,
    );
  }
}

/** What pages announce is allocated before it is read: they may not announce more than the file's directory does. */
function expectPages(view: DataView, { total_uncompressed_size: unpacked }: ColumnMetaData, rows: number): void {
  const reader = { view, offset: 0 };
  let [values, bytes] = [0, 0];
  while (reader.offset < view.byteLength - 1 && values < rows) {
    const header = parquetHeader(reader);
    const { compressed_page_size: packed, uncompressed_page_size: size } = header;
    const page = header.data_page_header ?? header.data_page_header_v2;
    const count = page?.num_values ?? header.dictionary_page_header?.num_values ?? 0;
    if (!(packed >= 0 && size >= 0 && count >= 0)) throw new Error('a page has no size');
    if (page) values += count;
    bytes += size;
    if (values > rows || count > MOST_VALUES || bytes > Number(unpacked))
      throw new Error('its pages are larger than announced');
    reader.offset += packed;
  }
}

/** Of one page or dictionary. */
const MOST_VALUES = 2 ** 26;
