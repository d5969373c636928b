import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';
import { ascending } from '#engine/shuffle.ts';
import { ColumnsUnusableError } from '../columns/group.ts';
import { openColumns } from '../columns/read.ts';
import { givenDialect } from '../csv/dialect.ts';
import { fileChanged } from '../failure.ts';
import type { Batch } from '../files/batch.ts';
import type { FileBytes } from '../files/file-bytes.ts';
import { readTable } from '../files/open.ts';
import type { TableBytes } from '../files/source-bytes.ts';
import type { RowThread } from '../row-thread.ts';
import type { Allocate } from './allocate.ts';
import { cellRowsOf } from './batch-rows.ts';
import type { CellRows } from './cell-rows.ts';
import type { Column, Rows } from './columns.ts';
import { labelColumnStore } from './label-columns.ts';
import { LoadWith } from './load-share.ts';
import { type ColumnsElsewhere, LoadThreads } from './load-threads.ts';
import { roleOf, usableColumns, usableRows } from './resident.ts';
import { type ColumnStore, columnStores, type NamedPieces, targetStore } from './stores.ts';

export interface LoadOptions {
  /** Columns that are stored besides, in the same order of rows. */
  readonly more?: readonly NamedPieces[];
  /** How many threads store columns of a text, this one included. Default: 1. */
  readonly threads?: number;
  /** What stores recorded columns beside this one. Default: nothing does. */
  readonly thread?: RowThread | undefined;
  /** Makes memory for the columns' values. Default: memory of this thread alone. */
  readonly allocate?: Allocate;
  /** Whether rows without a target are read as well: of a class it is -1 then, of a number NaN. Default: no. */
  readonly withoutTarget?: boolean;
  /** The columns as an earlier reading has recorded them, which are read instead of the file where they can be. */
  readonly columns?: FileBytes | undefined;
}

/**
 * Reads the file that the profile describes.
 * @throws TrainingFailure if the bytes are not those of that file
 */
export async function loadRows(bytes: TableBytes, profile: DatasetProfile, options: LoadOptions = {}): Promise<Rows> {
  try {
    return await inOnePiece(bytes, profile, options);
  } catch (error) {
    if (!(error instanceof ColumnsUnusableError)) throw error;
    return await inOnePiece(bytes, profile, { ...options, columns: undefined });
  }
}

async function inOnePiece(bytes: TableBytes, profile: DatasetProfile, options: LoadOptions): Promise<Rows> {
  const all: Rows[] = [];
  const count = options.withoutTarget ? profile.rows : usableRows(profile);
  for await (const rows of readRows(bytes, profile, Math.max(1, count), options)) all.push(rows);
  return all[0]!;
}

/**
 * Reads the file that the profile describes, `pieceRows` rows at a time. There is at least one piece. The words of a
 * category keep their codes from piece to piece, and the last piece has all words. Several threads read only what is one
 * piece.
 * @throws TrainingFailure if the bytes are not those of that file
 */
export async function* readRows(
  bytes: TableBytes,
  profile: DatasetProfile,
  pieceRows: number,
  { more = [], threads: wanted = 1, thread, columns: file, withoutTarget = false, allocate }: LoadOptions = {},
): AsyncGenerator<Rows, void, undefined> {
  const recorded = file && (await recordedTable(file, profile, more));
  const { header, cells: all, close, digest, format } = recorded ?? (await tableOf(bytes, profile));
  const count = withoutTarget ? profile.rows : usableRows(profile);
  // Earlier builds kept blanks of names within quotes.
  const placeOf = (name: string) => header.indexOf(name.trim());
  const labels = profile.columns.filter(({ role }) => role === 'label');
  const target = labels.length > 0 ? labelColumnStore(labels, placeOf) : targetStore(profile);
  const targetAt = placeOf(labels[0]?.name ?? profile.target);
  const order = profile.columns.filter((column) => orders(column)).map(orderStore);
  const usable = usableColumns(profile);
  const placed = usable.map((column) => ({ at: placeOf(column.name), column }));
  const besides = [...order, ...more].map((column) => ({ at: placeOf(column.name), column }));
  const isMissing = [...placed, ...besides].some(({ at }) => at < 0);
  if (targetAt < 0 || isMissing || labels.some(({ name }) => placeOf(name) < 0)) {
    await close();
    throw fileChanged();
  }
  const isWhole = pieceRows >= count;
  const atOnce = () =>
    LoadThreads.for({
      // Of Parquet, cells are no bytes of a file.
      threads: isWhole && format === 'text' ? wanted : 1,
      bytes: 'size' in bytes ? bytes.size : 0,
      columns: placed,
      rows: count,
    });
  await using threads: ColumnsElsewhere =
    recorded && thread && isWhole ? new LoadWith(thread, placed, count) : atOnce();
  const columns = threads.own.map(({ column }) => columnStores[column.type](column, allocate));
  const stores = [...threads.own.map(({ at }, i) => ({ at, column: columns[i]! })), ...besides];
  const used = new Set(usable.map(({ name }) => name));
  const leftOut = profile.columns
    .filter((column) => !used.has(column.name) && !['target', 'label'].includes(roleOf(column, profile)))
    .map(({ name }) => name);
  const sizeAfter = (done: number) => Math.min(pieceRows, count - done);
  let [done, row, size] = [0, 0, sizeAfter(0)];
  const begin = () => {
    for (const store of [target, ...columns, ...order, ...more]) store.begin(size);
  };
  const piece = async (): Promise<Rows> => {
    const stored = [...columns.map(({ column }) => column()), ...(await threads.columns())];
    const byName = new Map(stored.map((column) => [column.name, column]));
    return {
      count: size,
      columns: usable.map(({ name }) => byName.get(name)!),
      target: target.target(),
      ...orderOf(order.map(({ column }) => column())),
      leftOut,
    };
  };
  begin();
  let before = 0;
  for await (const cells of all) {
    const rows = withoutTarget ? ascending(cells.rows) : target.rowsOf(cells, targetAt);
    for (let from = 0; from < rows.length; ) {
      if (done + row === count) throw fileChanged();
      if (row === size) {
        yield await piece();
        done += size;
        [row, size] = [0, sizeAfter(done)];
        begin();
      }
      const to = Math.min(rows.length, from + size - row);
      const some = { cells, before, rows, from, to, at: row };
      await threads.add(some);
      target.store(some, targetAt);
      for (const { at, column } of stores) column.store(some, at);
      row += to - from;
      from = to;
    }
    before += cells.rows;
  }
  if (done + row !== count || digest() !== profile.sha256) throw fileChanged();
  yield await piece();
}

/** A table as pieces of cells. */
interface Pieces {
  readonly header: readonly string[];
  readonly cells: AsyncIterable<CellRows>;
  /** Instead of reading the cells. */
  close(): Promise<unknown>;
  digest(): string;
  readonly format: 'text' | 'values';
}

async function tableOf(bytes: TableBytes, profile: DatasetProfile): Promise<Pieces> {
  const { header, batches, digest, format } = await readTable(bytes, { dialect: givenDialect(profile) });
  return {
    header,
    cells: cellRows(batches, header.length),
    close: () => batches.return(undefined),
    digest,
    format: format === 'parquet' ? 'values' : 'text',
  };
}

/** What was recorded of the columns that are read. */
async function recordedTable(
  file: FileBytes,
  profile: DatasetProfile,
  more: readonly NamedPieces[],
): Promise<Pieces | undefined> {
  const asNumbers = new Set(usableColumns(profile).map(({ name }) => name));
  const names = new Set(more.map(({ name }) => name));
  const isNeeded = (column: ColumnProfile) =>
    asNumbers.has(column.name) || names.has(column.name) || ROLES_READ.includes(roleOf(column, profile));
  const needed = profile.columns
    .filter(isNeeded)
    // A target that is no class is read as a number.
    .map((column) => (roleOf(column, profile) === 'target' ? { ...column, type: 'number' as const } : column));
  const asWords = needed.filter((column) => names.has(column.name) || isReadAsWords(column, profile));
  const table = await openColumns(file, profile, needed, new Set(asWords.map(({ name }) => name)));
  if (!table) return undefined;
  const { header, sha256 } = table;
  return { header, cells: table.groups(), close: async () => undefined, digest: () => sha256, format: 'values' };
}

const ROLES_READ: readonly string[] = ['target', 'label', 'group', 'time'];

function isReadAsWords(column: ColumnProfile, profile: DatasetProfile): boolean {
  const role = roleOf(column, profile);
  return role === 'group' || role === 'label' || (role === 'target' && profile.task !== 'regression');
}

async function* cellRows(batches: AsyncIterable<Batch>, columns: number): AsyncGenerator<CellRows> {
  for await (const batch of batches) yield* cellRowsOf(batch, columns);
}

/** Whether the split of the rows follows the column: at most one is the group, and at most one the time. */
const orders = ({ role }: ColumnProfile): boolean => role === 'group' || role === 'time';

function orderStore(column: ColumnProfile): ColumnStore {
  if (column.role === 'group') return columnStores.category({ ...column, format: { ...column.format, missing: [] } });
  return columnStores[column.type === 'timestamp' ? 'timestamp' : 'number'](column);
}

/** With a group and a time, the split follows the group. */
function orderOf(columns: readonly Column[]): Pick<Rows, 'splitBy' | 'group' | 'time'> {
  const group = columns.find((column) => column.kind === 'words');
  const time = columns.find((column) => column.kind === 'numbers');
  const splitBy = group
    ? ({ by: 'group', values: group.values } as const)
    : time && ({ by: 'time', values: time.values } as const);
  return { ...(splitBy ? { splitBy } : {}), ...(group ? { group } : {}), ...(time ? { time } : {}) };
}
