/** Reads one column of one row group. */
import type { ColumnMetaData, SchemaElement } from 'hyparquet';
import { fileFault, shown } from '../csv/fault.ts';
import { ParquetColumn, type ParquetPage, type StreamedColumn } from './parquet-columns.ts';
import { ofDamage } from './parquet-damage.ts';
import { type PageHeader, type Place, pageHeader } from './parquet-header.ts';
import { PageMemory, PageReader } from './parquet-page.ts';
import { kindOf } from './parquet-values.ts';

export interface ChunkOf {
  readonly column: ColumnMetaData;
  readonly element: SchemaElement;
  readonly rows: number;
}

/** A column of a row group as it lies in the file. */
export interface PackedColumn {
  readonly of: ChunkOf;
  readonly bytes: Uint8Array;
}

/** Where its bytes lie in the file. */
export function rangeOf({ column }: Pick<ChunkOf, 'column'>): { readonly start: number; readonly end: number } {
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  return { start, end: start + Number(column.total_compressed_size) };
}

/**
 * The column's values.
 * @param most how many rows are needed: pages after these are not unpacked
 * @throws ValidationError with field `file`
 */
export function unpacked({ of, bytes }: PackedColumn, most: number): ParquetColumn {
  return new ParquetColumn([...pagesIn(bytes, of, most)], kindOf(of.element));
}

/** The values page by page, each of which is used up before the next one is read. Throws `ValidationError` with field `file`. */
export const streamed = ({ of, bytes }: PackedColumn): StreamedColumn => ({
  pages: pagesIn(bytes, of, of.rows, new PageMemory()),
  kind: kindOf(of.element),
});

function* pagesIn(bytes: Uint8Array, of: ChunkOf, most: number, memory?: PageMemory): Generator<ParquetPage> {
  try {
    yield* readPages(bytes, of, most, memory);
  } catch (error) {
    throw ofDamage(error);
  }
}

function* readPages(
  bytes: Uint8Array,
  { column, element, rows }: ChunkOf,
  most: number,
  memory: PageMemory | undefined,
): Generator<ParquetPage> {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    expectPages(view, column, rows, most);
    const reader = new PageReader(column, element, memory);
    const place = { view, offset: 0 };
    let got = 0;
    while (got < Math.min(most, rows) && place.offset < view.byteLength - 1) {
      const header = pageHeader(place);
      const packed = bytes.subarray(place.offset, place.offset + header.compressed_page_size);
      place.offset += header.compressed_page_size;
      if (header.type === 'DICTIONARY_PAGE') {
        reader.takeDictionary(packed, header);
        continue;
      }
      const page = reader.values(packed, header);
      got += page.rows;
      yield page;
      if (memory) reader.endPage();
    }
    if (got < Math.min(most, rows)) throw new Error(`${rows} values are announced; got ${got}`);
  } catch (error) {
    if (!(error instanceof Error) || 'details' in error) throw error;
    throw fileFault(
      `column ${shown(element.name)} of the Parquet file is damaged or written in an unknown way: ${error.message}`,
    );
  }
}

/** Behind a page, for the header of the next one. */
const HEADER_BYTES = 1024;

/**
 * How many of a column's bytes its first rows take, as far as its first bytes show.
 * @param bytes from the beginning of the column; where there are too few, it is more than these
 */
export function bytesForRows(bytes: Uint8Array, rows: number): number {
  const place = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  let got = 0;
  while (got < rows) {
    const before = place.offset;
    const header = headerAt(place);
    if (!header) return before + bytes.length + HEADER_BYTES;
    const page = header.data_page_header ?? header.data_page_header_v2;
    place.offset += header.compressed_page_size;
    got += page?.num_values ?? 0;
    if (place.offset > bytes.length) return place.offset + (got < rows ? HEADER_BYTES : 0);
  }
  return place.offset;
}

/** Undefined where its bytes end, or it is damaged. */
function headerAt(place: Place): PageHeader | undefined {
  try {
    return pageHeader(place);
  } catch {
    return undefined;
  }
}

/** What pages announce is allocated before it is read: they may not announce more than the file's directory does. */
function expectPages(
  view: DataView,
  { total_uncompressed_size: unpackedSize }: ColumnMetaData,
  rows: number,
  most: number,
): void {
  const reader = { view, offset: 0 };
  let [values, bytes] = [0, 0];
  while (reader.offset < view.byteLength - 1 && values < Math.min(most, rows)) {
    const header = pageHeader(reader);
    const { compressed_page_size: packed, uncompressed_page_size: size } = header;
    const page = header.data_page_header ?? header.data_page_header_v2;
    const count = page?.num_values ?? header.dictionary_page_header?.num_values ?? 0;
    if (page) values += count;
    bytes += size;
    if (values > rows || count > MOST_VALUES || bytes > Number(unpackedSize))
      throw new Error('its pages are larger than announced');
    reader.offset += packed;
  }
}

/** Of one page or dictionary. */
const MOST_VALUES = 2 ** 26;
