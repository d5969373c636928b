/** Reads the values of one page of a Parquet column. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { ColumnMetaData, Compressors, DecodedArray, SchemaElement, SchemaTree } from 'hyparquet';
import { type parquetHeader, readPage } from 'hyparquet/src/column.js';
import { decompressPage, readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js';
import type { ParquetPage } from './parquet-columns.ts';
import { kindOf } from './parquet-values.ts';
import { readWords, Words } from './parquet-words.ts';
import { snappyUnpacked } from './snappy.ts';

/** A page says how long it is unpacked; not more is unpacked, whatever it holds. */
const COMPRESSORS: Compressors = {
  SNAPPY: snappyUnpacked,
  GZIP: (packed, length) => gunzipSync(packed, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (packed, length) => brotliDecompressSync(packed, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (packed, length) => zstdDecompressSync(packed, { maxOutputLength: Math.max(1, length) }),
};
export const CODECS = ['UNCOMPRESSED', ...Object.keys(COMPRESSORS)];

type PageHeader = ReturnType<typeof parquetHeader>;

export class PageReader {
  readonly #column: ColumnMetaData;
  readonly #path: readonly SchemaTree[];
  readonly #element: SchemaElement;
  readonly #areWords: boolean;
  #dictionary: DecodedArray | Words = [];

  /** @param path from the root of the schema to the column */
  constructor(column: ColumnMetaData, path: readonly SchemaTree[]) {
    this.#column = column;
    this.#path = path;
    this.#element = path.at(-1)!.element;
    this.#areWords = kindOf(this.#element).name === 'words';
  }

  /** Takes the dictionary of the pages that follow. */
  takeDictionary(packed: Uint8Array, header: PageHeader): void {
    if (this.#areWords) {
      const count = header.dictionary_page_header?.num_values ?? 0;
      this.#dictionary = readWords(this.#unpacked(packed, header), 0, count);
      return;
    }
    const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    this.#dictionary = readPage({ view, offset: 0 }, header, this.#decoder(), undefined, undefined, 0).data ?? [];
  }

  values(packed: Uint8Array, header: PageHeader): ParquetPage {
    const { data_page_header: v1, data_page_header_v2: v2 } = header;
    const about = v1 ?? v2;
    if (about === undefined) throw new Error(`a page of the type ${header.type} among the values`);
    const { num_values: rows, encoding } = about;
    const dictionary = encoding.endsWith('_DICTIONARY') ? this.#dictionary : undefined;
    const page = v1 ? this.#unpacked(packed, header) : packed;
    const full = v1 ? this.#behindLevels(page, rows) : undefined;
    if (full !== undefined && this.#areWords && encoding === 'PLAIN') {
      return { rows, levels: undefined, values: readWords(page, full, rows), dictionary };
    }
    const { definitionLevels, dataPage } = v1
      ? readDataPage(full === undefined ? page : page.subarray(full), v1, this.#decoder(full !== undefined))
      : readDataPageV2(packed, header, this.#decoder());
    const hasAll = v2 ? v2.num_nulls === 0 : !definitionLevels?.length;
    const values = this.#areWords && !dictionary ? Words.of(dataPage as Uint8Array[]) : dataPage;
    return { rows, levels: hasAll ? undefined : definitionLevels, values, dictionary };
  }

  #unpacked(packed: Uint8Array, header: PageHeader): Uint8Array {
    return decompressPage(packed, Number(header.uncompressed_page_size), this.#column.codec, COMPRESSORS);
  }

  /** @param isFull whether the page says nothing of rows without a value */
  #decoder(isFull = false) {
    const schemaPath = isFull ? [...this.#path.slice(0, -1), REQUIRED] : [...this.#path];
    const about = { pathInSchema: this.#column.path_in_schema, element: this.#element, schemaPath };
    return { ...this.#column, ...about, compressors: COMPRESSORS, parsers: {} as never };
  }

  /**
   * Where the values of a page begin of which every row has one; undefined if some have none. Mostly one run of ones says so:
   * its length in bytes, how many there are (times two), and a one.
   */
  #behindLevels(page: Uint8Array, rows: number): number | undefined {
    if (this.#element.repetition_type === 'REQUIRED') return 0;
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    const length = view.getUint32(0, true);
    let [at, header, shift] = [4, 0, 0];
    for (; page[at]! >= 0x80 && shift < 21; shift += 7) header |= (page[at++]! & 0x7f) << shift;
    header |= page[at++]! << shift;
    const isRun = (header & 1) === 0 && header >>> 1 >= rows && page[at] === 1;
    return isRun && at < 4 + length ? 4 + length : undefined;
  }
}

/** A column of which every row has a value. */
const REQUIRED: SchemaTree = { children: [], count: 0, path: [], element: { name: '', repetition_type: 'REQUIRED' } };
