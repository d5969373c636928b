/** The same rows in each format. */
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { zipped } from './archive.ts';

export type Value = string | number | boolean | null;

export interface Rows {
  readonly header: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/** As Python writes it: whole numbers of a column that has others, too, have a point. */
const text = (value: Value): string => (value === null ? '' : String(value));
const quoted = (cell: string): string => (/[",\t\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const delimited = ({ header, rows }: Rows, mark: string): string =>
  [header, ...rows].map((row) => `${row.map((value) => quoted(text(value))).join(mark)}\n`).join('');
const records = ({ header, rows }: Rows): object[] =>
  rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i]])));

const parquet = (table: Rows): Buffer => Buffer.from(parquetWriteBuffer({ columnData: columnsOf(table) }));

const columnsOf = ({ header, rows }: Rows) =>
  header.map((name, i) => ({ name, data: rows.map((row) => row[i] ?? null), nullable: true }));

/** Each value once, and the places of those that the rows have, in pages of a few thousand rows. */
export const inDictionaries = (table: Rows): Buffer =>
  Buffer.from(
    parquetWriteBuffer({
      columnData: columnsOf(table).map((column) => ({ ...column, encoding: 'RLE_DICTIONARY' as const })),
      pageSize: 4096,
    }),
  );

export const writers = {
  csv: (of: Rows) => Buffer.from(delimited(of, ',')),
  tsv: (of: Rows) => Buffer.from(delimited(of, '\t')),
  json: (of: Rows) => Buffer.from(JSON.stringify(records(of))),
  'json of arrays': (of: Rows) => Buffer.from(JSON.stringify([of.header, ...of.rows], null, 1)),
  jsonl: (of: Rows) =>
    Buffer.from(
      records(of)
        .map((record) => `${JSON.stringify(record)}\n`)
        .join(''),
    ),
  'jsonl of arrays': (of: Rows) => Buffer.from([of.header, ...of.rows].map((row) => JSON.stringify(row)).join('\n')),
  parquet,
} as const;

export const packers = {
  plain: (bytes: Buffer) => bytes,
  gzip: (bytes: Buffer) => gzipSync(bytes),
  zip: (bytes: Buffer) => zipped([{ name: 'data', content: bytes }]),
} as const;
