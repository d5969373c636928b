/** The header of a page. */
import { parquetHeader } from 'hyparquet/src/column.js';

export type PageHeader = ReturnType<typeof parquetHeader>;

export interface Place {
  readonly view: DataView;
  offset: number;
}

/** Moves the place behind it. Throws where its bytes end, and where what should be a size is none. */
export function pageHeader(place: Place): PageHeader {
  const header = parquetHeader(place);
  const { compressed_page_size: packed, uncompressed_page_size: size } = header;
  const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: words } = header;
  const lengths = v2 && [v2.repetition_levels_byte_length, v2.definition_levels_byte_length, v2.num_nulls];
  const sizes = [packed, size, ...(lengths ?? [])];
  for (const page of [v1, v2, words]) if (page) sizes.push(page.num_values);
  if (!sizes.every((one) => Number.isInteger(one) && one >= 0)) throw new Error('a page has no size');
  return header;
}
