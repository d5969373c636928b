/** Keeps rows on disk if they do not fit into memory. They are parsed once and can be read in pieces repeatedly. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { ColumnsUnusableError } from '../columns/group.ts';
import type { FileBytes } from '../files/file-bytes.ts';
import type { TableBytes } from '../files/source-bytes.ts';
import type { Column, Rows, SplitBy, Target } from './columns.ts';
import { readRows } from './load.ts';

/** Some consecutive rows, and the number of the first one. */
export interface RowPiece {
  readonly first: number;
  readonly rows: Rows;
}

export interface SpilledRows {
  /** The targets of all rows, which stay in memory. */
  readonly target: Target;
  readonly splitBy?: SplitBy;
  readonly leftOut: readonly string[];
  /** In the file's order. */
  pieces(): AsyncGenerator<RowPiece, void, undefined>;
  /** Deletes what is on disk. */
  remove(): Promise<void>;
}

/**
 * Writes the usable cells of the file that the profile describes into a folder. Each column of each piece is a file of
 * numbers.
 * @param columns as an earlier reading has recorded them, which are read instead where they can be
 * @throws TrainingFailure if the bytes are not those of that file
 */
export async function spillRows(
  bytes: TableBytes,
  profile: DatasetProfile,
  folder: string,
  pieceRows: number,
  columns?: FileBytes,
): Promise<SpilledRows> {
  const spill = (recorded: FileBytes | undefined) =>
    spilled(readRows(bytes, profile, pieceRows, { columns: recorded }), folder);
  try {
    return await spill(columns);
  } catch (error) {
    if (!(error instanceof ColumnsUnusableError)) throw error;
    return await spill(undefined);
  }
}

async function spilled(all: AsyncIterable<Rows>, folder: string): Promise<SpilledRows> {
  await mkdir(folder, { recursive: true });
  const path = (piece: number, column: number) => join(folder, `${piece}.${column}`);
  const counts: number[] = [];
  const targets: Target[] = [];
  const orders: SplitBy[] = [];
  let columns: readonly Column[] = [];
  let leftOut: readonly string[] = [];
  for await (const rows of all) {
    for (const [i, { values }] of rows.columns.entries()) await writeFile(path(counts.length, i), values);
    counts.push(rows.count);
    targets.push(rows.target);
    if (rows.splitBy) orders.push(rows.splitBy);
    // Those of the last piece have all words.
    columns = rows.columns.map((column) => ({ ...column, values: column.values.subarray(0, 0) }) as Column);
    ({ leftOut } = rows);
  }
  async function* pieces(): AsyncGenerator<RowPiece, void, undefined> {
    let first = 0;
    for (const [piece, count] of counts.entries()) {
      const some = await Promise.all(columns.map(async (column, i) => filled(column, await readFile(path(piece, i)))));
      yield { first, rows: { count, columns: some, target: targets[piece]!, leftOut } };
      first += count;
    }
  }
  const splitBy = orders.length === 0 ? {} : { splitBy: joined(orders) };
  return { target: joined(targets), ...splitBy, leftOut, pieces, remove: () => rm(folder, { recursive: true }) };
}

function filled(column: Column, { buffer, byteOffset, byteLength }: Buffer): Column {
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  return column.kind === 'numbers'
    ? { ...column, values: new Float64Array(bytes) }
    : { ...column, values: new Int32Array(bytes) };
}

/** The values of all pieces in one. */
function joined<T extends { readonly values: Int32Array | Float64Array | Uint8Array }>(pieces: readonly T[]): T {
  const [first] = pieces;
  const count = pieces.reduce((sum, { values }) => sum + values.length, 0);
  const values = emptyLike(first!.values, count);
  let at = 0;
  for (const piece of pieces) {
    values.set(piece.values, at);
    at += piece.values.length;
  }
  return { ...first!, values };
}

function emptyLike(values: Int32Array | Float64Array | Uint8Array, count: number) {
  if (values instanceof Int32Array) return new Int32Array(count);
  return values instanceof Float64Array ? new Float64Array(count) : new Uint8Array(count);
}
