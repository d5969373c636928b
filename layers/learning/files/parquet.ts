/** Reads Parquet files of flat columns, one row group after another. */
import { types } from 'node:util';
import {
  type ColumnMetaData,
  type FileMetaData,
  parquetMetadataAsync,
  parquetSchema,
  type SchemaTree,
  type RowGroup as StoredGroup,
} from 'hyparquet';
import { LIMITS } from '#domain/limits.ts';
import { fileFault, shown } from '../csv/fault.ts';
import { expectHeader } from '../csv/record-check.ts';
import type { FileBytes } from './file-bytes.ts';
import type { ParquetBatch } from './parquet-batch.ts';
import type { ChunkOf } from './parquet-chunk.ts';
import { isSlip, ofDamage } from './parquet-damage.ts';
import { expectNumbers } from './parquet-directory.ts';
import { RowGroup } from './parquet-group.ts';
import { CODECS } from './parquet-page.ts';
import { kindOf } from './parquet-values.ts';

export interface ParquetTable {
  readonly header: readonly string[];
  /** Either these are read, or the batches. */
  readonly groups: AsyncGenerator<RowGroup>;
  /** The row groups, of which all columns are in memory. */
  readonly batches: AsyncGenerator<ParquetBatch>;
  /** How many row groups there are up to the last batch. */
  readonly rowGroups: () => number;
}

/** A row group is unpacked as a whole: its values, and bytes in memory. */
const GROUP = { values: 2 ** 27, bytes: 2 ** 30 };
/** The file's directory: thousands of columns in thousands of groups take less. */
const METADATA_BYTES = 64 * 1_048_576;

interface ParquetOptions {
  /** The row group to begin with: those before it were read already. */
  readonly firstGroup?: number;
  /** What resolves once the file was hashed. Whatever ends the reading waits for it. */
  readonly hashed?: Promise<void> | undefined;
}

/**
 * @throws ValidationError with field `file`: here for faults of the file's directory, and from `batches` for the rest
 */
export async function openParquet(
  file: FileBytes,
  { firstGroup = 0, hashed }: ParquetOptions = {},
): Promise<ParquetTable> {
  try {
    const { metadata, columns } = await directoryOf(file);
    const { groups, ...table } = opened(file, metadata, columns, { firstGroup, hashed });
    const found = guarded(groups, hashed);
    return { ...table, groups: found, batches: whole(found) };
  } catch (error) {
    await settled(hashed);
    throw ofDamage(error);
  }
}

async function* whole(groups: AsyncGenerator<RowGroup>): AsyncGenerator<ParquetBatch> {
  for await (const group of groups) yield await group.whole();
}

async function* guarded(groups: AsyncGenerator<RowGroup>, hashed: Promise<void> | undefined): AsyncGenerator<RowGroup> {
  try {
    yield* groups;
  } catch (error) {
    throw ofDamage(error);
  } finally {
    await settled(hashed);
  }
}

/** Nothing reads a file any more that is closed. */
const settled = (reading: Promise<void> | undefined): Promise<void> => (reading ?? Promise.resolve()).catch(() => {});

function opened(
  file: FileBytes,
  metadata: FileMetaData,
  columns: readonly SchemaTree[],
  { firstGroup, hashed }: Required<ParquetOptions>,
): Omit<ParquetTable, 'batches'> {
  expectNumbers(metadata);
  for (const column of columns) expectFlat(column);
  const header = columns.map(({ element }) => element.name.trim());
  expectHeader(header);
  if (metadata.num_rows < 1n) throw fileFault('must have at least 1 row; got 0');
  if (metadata.num_rows > BigInt(LIMITS.csv.rows))
    throw fileFault(`must have at most ${LIMITS.csv.rows} rows; got ${metadata.num_rows}`);
  expectGroups(metadata, columns.length);
  for (const { element } of columns) kindOf(element);
  let count = firstGroup;
  const groups = read(file, metadata, columns, { firstGroup, hashed, onGroup: () => count++ });
  return { header, groups, rowGroups: () => count };
}

async function directoryOf(file: FileBytes): Promise<{ metadata: FileMetaData; columns: readonly SchemaTree[] }> {
  const slice = async (start: number, end = file.size): Promise<ArrayBuffer> => {
    if (end - start > METADATA_BYTES)
      throw fileFault(`must have a directory of at most ${METADATA_BYTES} bytes; got ${end - start}`);
    const { buffer, byteOffset, byteLength } = await file.range(start, end);
    return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  };
  try {
    const metadata = await parquetMetadataAsync({ byteLength: file.size, slice }, { geoparquet: false });
    return { metadata, columns: parquetSchema(metadata).children };
  } catch (error) {
    // Faults of the store have codes; so have those of Node.js of what a damaged directory says.
    if (!types.isNativeError(error) || 'details' in error) throw error;
    if ('code' in error && !isSlip(error)) throw error;
    throw fileFault(`must be a whole Parquet file; it is cut off or damaged: ${error.message}`);
  }
}

function expectFlat({ element, children }: SchemaTree): void {
  const repeated = element.repetition_type === 'REPEATED';
  if (children.length === 0 && !repeated) return;
  const kind =
    repeated || ['LIST', 'MAP'].includes(element.logical_type?.type ?? element.converted_type ?? '')
      ? 'lists'
      : 'records';
  throw fileFault(
    `column ${shown(element.name)} must have one value in each row; got ${kind}: make a column of each of its values, or leave it out`,
  );
}

function expectGroups({ row_groups, num_rows }: FileMetaData, columns: number): void {
  let rows = 0n;
  for (const [i, group] of row_groups.entries()) {
    rows += group.num_rows;
    const values = Number(group.num_rows) * columns;
    const bytes = group.columns.reduce(
      (sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0),
      0,
    );
    if (values > GROUP.values || bytes > GROUP.bytes) {
      throw fileFault(
        `row group ${i + 1} must have at most ${GROUP.values} values in ${GROUP.bytes} bytes; got ${values} in ${bytes}: write it with smaller row groups`,
      );
    }
    if (group.columns.length !== columns)
      throw fileFault(`row group ${i + 1} must have ${columns} columns; got ${group.columns.length}`);
    for (const { meta_data, file_path } of group.columns) {
      if (!meta_data || file_path)
        throw fileFault('must be one Parquet file, without encryption or columns in other files');
      if (!CODECS.includes(meta_data.codec)) {
        throw fileFault(`must be compressed with one of ${CODECS.join(', ')}; got ${meta_data.codec}`);
      }
    }
  }
  if (rows !== num_rows) throw fileFault(`must have ${num_rows} rows, as it says; its row groups have ${rows}`);
}

/** They are in the order of the schema; columns of the same name can be told apart by that alone. */
function columnOf({ columns }: StoredGroup, name: string, index: number): ColumnMetaData | undefined {
  const isNamed = ({ meta_data }: StoredGroup['columns'][number] = {} as never) =>
    meta_data?.path_in_schema[0] === name;
  return (isNamed(columns[index]) ? columns[index] : columns.find(isNamed))?.meta_data;
}

async function* read(
  file: FileBytes,
  { row_groups }: FileMetaData,
  columns: readonly SchemaTree[],
  { firstGroup, hashed, onGroup }: Required<ParquetOptions> & { readonly onGroup: () => void },
): AsyncGenerator<RowGroup> {
  for (const group of row_groups.slice(firstGroup)) {
    const rows = Number(group.num_rows);
    const found = columns.map(({ element }, i): ChunkOf => {
      const column = columnOf(group, element.name, i);
      if (!column) throw fileFault(`column ${shown(element.name)} is missing in a row group`);
      return { column, element, rows };
    });
    onGroup();
    yield new RowGroup({ file, rows, columns: found, besides: hashed });
  }
  await hashed;
}
