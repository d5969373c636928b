/** Reads one column of one row group. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { ColumnMetaData, Compressors, DecodedArray, SchemaTree } from 'hyparquet';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { decompressPage, readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js';
import { fileFault, shown } from '../csv/fault.ts';
import { ParquetColumn, type ParquetPage } from './parquet-columns.ts';
import { kindOf } from './parquet-values.ts';

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

/** Where its bytes lie in the file. */
export function rangeOf({ column }: Pick<ChunkOf, 'column'>): { readonly start: number; readonly end: number } {
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  return { start, end: start + Number(column.total_compressed_size) };
}

/**
 * The column's values.
 * @param bytes of the chunk
 * @param most how many rows are needed: pages after these are not unpacked
 */
export function readChunk(bytes: Uint8Array, { column, path, rows }: ChunkOf, most = rows): ParquetColumn {
  const { element } = path.at(-1)!;
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    expectPages(view, column, rows);
    const decoder = {
      ...column,
      ...{ pathInSchema: column.path_in_schema, element, schemaPath: [...path], compressors: COMPRESSORS },
      parsers: {} as never,
    };
    const reader = { view, offset: 0 };
    const pages: ParquetPage[] = [];
    let dictionary: DecodedArray = [];
    let got = 0;
    while (got < Math.min(most, rows) && reader.offset < view.byteLength - 1) {
      const header = parquetHeader(reader);
      if (header.type === 'DICTIONARY_PAGE') {
        dictionary = readPage(reader, header, decoder, undefined, undefined, 0).data ?? [];
        continue;
      }
      const packed = bytes.subarray(reader.offset, reader.offset + header.compressed_page_size);
      reader.offset += header.compressed_page_size;
      const { data_page_header: v1, data_page_header_v2: v2, uncompressed_page_size: size } = header;
      const count = (v1 ?? v2)?.num_values;
      if (count === undefined) throw new Error(`a page of the type ${header.type} among the values`);
      const { definitionLevels, dataPage } = v1
        ? readDataPage(decompressPage(packed, Number(size), column.codec, COMPRESSORS), v1, decoder)
        : readDataPageV2(packed, header, decoder);
      const levels = definitionLevels?.length ? definitionLevels : undefined;
      const isCoded = (v1 ?? v2)!.encoding.endsWith('_DICTIONARY');
      pages.push({ rows: count, levels, values: dataPage, dictionary: isCoded ? dictionary : undefined });
      got += count;
    }
    if (got < Math.min(most, rows)) throw new Error(`${rows} values are announced; got ${got}`);
    return new ParquetColumn(pages, kindOf(element));
  } catch (error) {
    if (!(error instanceof Error) || 'details' in error) throw error;
    throw fileFault(
      `column ${shown(element.name)} of the Parquet file is damaged or written in an unknown way: ${error.message}`,
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
