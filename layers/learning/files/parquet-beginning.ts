/**
 * The first rows of a column, as the usual writers write it: only the first bytes of its first page and of its dictionary are
 * read and unpacked, whose first words are those of the first rows.
 *
 *     dictionary ├──█────────────────┤ first page ├──█──────────────┤ other pages …
 */
import type { FileBytes } from './file-bytes.ts';
import type { ChunkOf } from './parquet-chunk.ts';
import { ParquetColumn } from './parquet-columns.ts';
import { type PageHeader, pageHeader } from './parquet-header.ts';
import { PageReader } from './parquet-page.ts';
import { kindOf } from './parquet-values.ts';
import { snappyBeginning } from './snappy-beginning.ts';

/** Of a page, for a few hundred rows; a header with the least and the greatest text is among them. */
const BYTES = 32_768;

interface Page {
  readonly header: PageHeader;
  /** Its first bytes, unpacked. */
  readonly bytes: Uint8Array;
}

/** Undefined where that is not enough, or anything is not as usual: then the column has to be read as any other. */
export async function beginningOf(file: FileBytes, of: ChunkOf, rows: number): Promise<ParquetColumn | undefined> {
  const { column, element } = of;
  const { data_page_offset: first, dictionary_page_offset: words } = column;
  try {
    const page = await pageAt(file, Number(first), of);
    const about = page?.header.data_page_header;
    if (!page || !about || about.num_values < rows) return undefined;
    const reader = new PageReader(column, element);
    const { encoding } = about;
    if (encoding.endsWith('_DICTIONARY')) {
      const dictionary = words ? await pageAt(file, Number(words), of) : undefined;
      const count = dictionary?.header.dictionary_page_header?.num_values;
      if (!dictionary || count === undefined) return undefined;
      const values = reader.firstOfDictionary(page.bytes, rows, { bytes: dictionary.bytes, count });
      return new ParquetColumn([values], kindOf(element));
    }
    if (encoding !== 'PLAIN') return undefined;
    return new ParquetColumn([reader.firstOf(page.bytes, about, rows)], kindOf(element));
  } catch (error) {
    // What is damaged, or longer than its first bytes, is said by whoever reads all of it.
    if (error instanceof Error && !('code' in error)) return undefined;
    throw error;
  }
}

async function pageAt(file: FileBytes, offset: number, { column: { codec } }: ChunkOf): Promise<Page | undefined> {
  if (codec !== 'SNAPPY' && codec !== 'UNCOMPRESSED') return undefined;
  const bytes = await file.range(offset, offset + BYTES);
  const place = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  const header = pageHeader(place);
  const { compressed_page_size: packed, uncompressed_page_size: size } = header;
  const body = bytes.subarray(place.offset, place.offset + packed);
  return { header, bytes: codec === 'SNAPPY' ? snappyBeginning(body, Math.min(size, BYTES)) : body };
}
