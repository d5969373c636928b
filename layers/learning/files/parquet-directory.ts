/** Checks that the directory of a Parquet file has numbers where places and sizes belong: a damaged one may have lists or texts there. */
import type { FileMetaData } from 'hyparquet';
import { fileFault } from '../csv/fault.ts';

/** Throws `ValidationError` with field `file`. */
export function expectNumbers({ num_rows, row_groups, schema }: FileMetaData): void {
  const isWhole =
    isCount(num_rows) &&
    schema.every(({ name, type_length = 0 }) => typeof name === 'string' && Number.isInteger(type_length)) &&
    row_groups.every(({ num_rows: rows, columns }) => isCount(rows) && columns.every(hasNumbers));
  if (!isWhole) throw fileFault('must be a whole Parquet file; its directory is damaged');
}

/** A column without `meta_data` is refused by `openParquet`, and one without a dictionary has no place of it. */
function hasNumbers({ meta_data }: FileMetaData['row_groups'][number]['columns'][number]): boolean {
  if (!meta_data) return true;
  const { dictionary_page_offset = 0n, path_in_schema, ...places } = meta_data;
  return (
    isCount(places.data_page_offset) &&
    isCount(dictionary_page_offset) &&
    isCount(places.total_compressed_size) &&
    isCount(places.total_uncompressed_size) &&
    Array.isArray(path_in_schema)
  );
}

const isCount = (value: unknown): boolean =>
  typeof value === 'bigint' && value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER);
