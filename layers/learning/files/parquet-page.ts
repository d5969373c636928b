/** Reads the values of one page of a Parquet column. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { ColumnMetaData, Compressors, DataPageHeader, DecodedArray, SchemaElement } from 'hyparquet';
import { readPage } from 'hyparquet/src/column.js';
import { decompressPage, readDataPage } from 'hyparquet/src/datapage.js';
import { release } from '#domain/release.ts';
import type { ParquetPage } from './parquet-columns.ts';
import type { PageHeader } from './parquet-header.ts';
import { isOneRun, RunsMemory, readRuns } from './parquet-runs.ts';
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

/** What the values of a page lie in, where they are used up before the next page is read. */
export class PageMemory {
  readonly levels = new RunsMemory();
  readonly places = new RunsMemory();
}

export class PageReader {
  readonly #column: ColumnMetaData;
  readonly #element: SchemaElement;
  readonly #areWords: boolean;
  readonly #memory: PageMemory | undefined;
  #dictionary: DecodedArray | Words = [];
  /** Of the last page, where it was unpacked. */
  #page: Uint8Array | undefined;

  /** @param memory of one page after another. Default: each has memory of its own */
  constructor(column: ColumnMetaData, element: SchemaElement, memory?: PageMemory) {
    this.#memory = memory;
    this.#column = column;
    this.#element = element;
    this.#areWords = kindOf(element).name === 'words';
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
    const { levels, rows, count, encoding, body } = this.#opened(packed, header);
    if (encoding.endsWith('_DICTIONARY')) {
      const dictionary = this.#dictionary;
      return { rows, levels, values: placesIn(dictionary, body, count, this.#memory?.places), dictionary };
    }
    const values =
      this.#areWords && encoding === 'PLAIN' ? readWords(body, 0, count) : this.#decoded(body, { count, encoding });
    return { rows, levels, values, dictionary: undefined };
  }

  /**
   * The first rows of a page.
   * @param page its first bytes, unpacked
   * @throws Error where they are too few
   */
  firstOf(page: Uint8Array, { encoding }: DataPageHeader, rows: number): ParquetPage {
    const { levels, count, body } = this.#leveled(page, rows);
    const values = this.#areWords ? readWords(body, 0, count) : this.#decoded(body, { count, encoding });
    return { rows, levels, values, dictionary: undefined };
  }

  /** The same of a page of places in a dictionary, of which it takes the words that these rows have. */
  firstOfDictionary(page: Uint8Array, rows: number, { bytes, count: most }: Beginning): ParquetPage {
    const { levels, count, body } = this.#leveled(page, rows);
    const [width = 0] = body;
    const values = readRuns(body, 1, body.length, width, count);
    const length = values.reduce((last, place) => Math.max(last, place + 1), 0);
    if (length > most) throw new Error('a row has a value that its dictionary has not');
    const dictionary = this.#areWords
      ? readWords(bytes, 0, length)
      : this.#decoded(bytes, { count: length, encoding: 'PLAIN' });
    return { rows, levels, values, dictionary };
  }

  /** Gives back what the last page was unpacked into: nobody uses its values any more. */
  endPage(): void {
    if (this.#page) release(this.#page);
    this.#page = undefined;
  }

  /** The page up to its values. */
  #opened(packed: Uint8Array, header: PageHeader): OpenedPage {
    const { data_page_header: v1, data_page_header_v2: v2 } = header;
    if (v1) {
      const { num_values: rows, encoding } = v1;
      const page = this.#unpacked(packed, header);
      this.#page = page;
      return { ...this.#leveled(page, rows), rows, encoding };
    }
    if (!v2) throw new Error(`a page of the type ${header.type} among the values`);
    const { num_values: rows, encoding, is_compressed: isPacked } = v2;
    const start = v2.repetition_levels_byte_length;
    const end = start + v2.definition_levels_byte_length;
    const size = header.uncompressed_page_size - end;
    const rest = packed.subarray(end);
    // A page without values may have no bytes, which nothing unpacks.
    const body = isPacked !== false && size > 0 ? decompressPage(rest, size, this.#column.codec, COMPRESSORS) : rest;
    this.#page = body;
    if (v2.num_nulls === 0) return { levels: undefined, rows, count: rows, encoding, body };
    return { ...levelsOf(packed, start, end, rows, this.#memory?.levels), rows, encoding, body };
  }

  /** The levels of a page of the first version, which stand in front of its values, of so many rows. */
  #leveled(page: Uint8Array, rows: number): Pick<OpenedPage, 'levels' | 'count' | 'body'> {
    if (this.#element.repetition_type === 'REQUIRED') return { levels: undefined, count: rows, body: page };
    const end = 4 + new DataView(page.buffer, page.byteOffset, page.byteLength).getUint32(0, true);
    return { ...levelsOf(page, 4, end, rows, this.#memory?.levels), body: page.subarray(end) };
  }

  /** In one of the rarer encodings, or of another type than text. */
  #decoded(body: Uint8Array, { count, encoding }: Pick<OpenedPage, 'count' | 'encoding'>): DecodedArray | Words {
    const header = { num_values: count, encoding } as DataPageHeader;
    const { dataPage } = readDataPage(body, header, this.#decoder());
    return this.#areWords ? Words.of(dataPage as Uint8Array[]) : dataPage;
  }

  #unpacked(packed: Uint8Array, header: PageHeader): Uint8Array {
    return decompressPage(packed, Number(header.uncompressed_page_size), this.#column.codec, COMPRESSORS);
  }

  /** Of values without levels. */
  #decoder() {
    const about = { pathInSchema: this.#column.path_in_schema, element: this.#element, schemaPath: [] };
    return { ...this.#column, ...about, compressors: COMPRESSORS, parsers: {} as never };
  }
}

/** The first bytes of a dictionary, unpacked, and how many values it has in all. */
interface Beginning {
  readonly bytes: Uint8Array;
  readonly count: number;
}

interface OpenedPage {
  readonly levels: ArrayLike<number> | undefined;
  readonly rows: number;
  /** Of rows that have a value. */
  readonly count: number;
  readonly encoding: string;
  /** Begins with the values. */
  readonly body: Uint8Array;
}

/** Which rows have a value. Mostly one run of ones says that all have. */
function levelsOf(
  page: Uint8Array,
  start: number,
  end: number,
  rows: number,
  memory?: RunsMemory,
): Pick<OpenedPage, 'levels' | 'count'> {
  if (isOneRun(page, start, end, 1, rows)) return { levels: undefined, count: rows };
  const levels = readRuns(page, start, end, 1, rows, memory);
  let count = 0;
  for (let row = 0; row < rows; row++) count += levels[row]!;
  return { levels: count === rows ? undefined : levels, count };
}

/** In front of them stands how many bits each has. */
function placesIn(dictionary: DecodedArray | Words, body: Uint8Array, count: number, memory?: RunsMemory): Uint32Array {
  const [width = 0] = body;
  const places = readRuns(body, 1, body.length, width, count, memory);
  const { length } = dictionary;
  for (let i = 0; i < count; i++) {
    if (places[i]! >= length)
      throw new Error(`its dictionary has ${length} values; a row has value ${places[i]! + 1} of it`);
  }
  return places;
}
