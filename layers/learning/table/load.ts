import type { ColumnFormat } from '#domain/datasets/column-format.ts';
import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';
import { givenDialect } from '../csv/dialect.ts';
import { TrainingFailure } from '../failure.ts';
import { rowsOf } from '../files/batch.ts';
import { readTable, type TableBytes } from '../files/open.ts';
import { labelsOf } from '../profile/labels.ts';
import { columnValues, TRUTH_WORDS } from '../values/column-values.ts';
import { byNumberThenText } from '../values/order.ts';
import type { Column, Rows, Target } from './columns.ts';
import { roleOf, usableColumns, usableRows } from './resident.ts';

/** Stores a row's cell in its column. */
type Store = (cell: string, row: number) => void;

/**
 * Reads the file that the profile describes.
 * @throws TrainingFailure if the bytes are not those of that file
 */
export async function loadRows(bytes: TableBytes, profile: DatasetProfile): Promise<Rows> {
  const all: Rows[] = [];
  for await (const rows of readRows(bytes, profile, Math.max(1, usableRows(profile)))) all.push(rows);
  return all[0]!;
}

/**
 * Reads the file that the profile describes, `pieceRows` rows at a time. There is at least one piece. The words of a
 * category keep their codes from piece to piece, and the last piece has all words.
 * @throws TrainingFailure if the bytes are not those of that file
 */
export async function* readRows(
  bytes: TableBytes,
  profile: DatasetProfile,
  pieceRows: number,
): AsyncGenerator<Rows, void, undefined> {
  const { header, batches, digest } = await readTable(bytes, givenDialect(profile));
  const count = usableRows(profile);
  const columns = usableColumns(profile).map((column) => columnStores[column.type](column));
  const target = targetStore(profile);
  // Earlier builds kept blanks of names within quotes.
  const placeOf = (name: string) => header.indexOf(name.trim());
  const targetAt = placeOf(profile.target);
  const order = profile.columns.filter((column) => orders(column)).map(orderStore);
  const stores = [...columns, ...order].map((column) => ({ at: placeOf(column.name), column }));
  const used = new Set(columns.map(({ name }) => name));
  const leftOut = profile.columns
    .filter((column) => !used.has(column.name) && roleOf(column, profile) !== 'target')
    .map(({ name }) => name);
  const sizeAfter = (done: number) => Math.min(pieceRows, count - done);
  let [done, row, size] = [0, 0, sizeAfter(0)];
  const begin = () => {
    for (const store of [target, ...columns, ...order]) store.begin(size);
  };
  const piece = (): Rows => ({
    count: size,
    columns: columns.map(({ column }) => column()),
    target: target.target(),
    ...orderOf(order.map(({ column }) => column())),
    leftOut,
  });
  begin();
  for await (const record of rowsOf(batches, header.length)) {
    const cell = record[targetAt] ?? '';
    if (target.isAbsent(cell)) continue;
    if (done + row === count) {
      row++;
      break;
    }
    if (row === size) {
      yield piece();
      done += size;
      [row, size] = [0, sizeAfter(done)];
      begin();
    }
    target.store(cell, row);
    for (const { at, column } of stores) column.store(record[at] ?? '', row);
    row++;
  }
  if (done + row !== count || digest() !== profile.sha256) {
    throw new TrainingFailure('The file is not the one that was processed: its bytes have changed');
  }
  yield piece();
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

/** Reads a column or the target, one piece after another. */
interface Pieces {
  /** Makes room for the next piece's rows. */
  readonly begin: (count: number) => void;
  readonly store: Store;
}

interface ColumnStore extends Pieces {
  readonly name: string;
  /** The piece, after its rows are stored. */
  readonly column: () => Column;
}

function numberStore(type: 'number' | 'timestamp') {
  return ({ name, format }: ColumnProfile): ColumnStore => {
    const { number } = columnValues(type, format);
    let values = new Float64Array();
    return {
      name,
      begin: (count) => {
        values = new Float64Array(count).fill(Number.NaN);
      },
      store: (cell, row) => {
        values[row] = number(cell);
      },
      column: () => ({ kind: 'numbers', name, type, values }),
    };
  };
}

function wordStore(type: 'category' | 'boolean', known: readonly string[] = []) {
  return ({ name, format }: ColumnProfile): ColumnStore => {
    const { word } = columnValues(type, format);
    const codes = new Map(known.map((one, code) => [one, code]));
    let values = new Int32Array();
    return {
      name,
      begin: (count) => {
        values = new Int32Array(count).fill(-1);
      },
      store: (cell, row) => {
        const value = word(cell);
        if (value === '') return;
        const code = codes.get(value) ?? codes.size;
        codes.set(value, code);
        values[row] = code;
      },
      column: () => ({ kind: 'words', name, type, words: [...codes.keys()], values }),
    };
  };
}

const columnStores = {
  number: numberStore('number'),
  timestamp: numberStore('timestamp'),
  category: wordStore('category'),
  boolean: wordStore('boolean', TRUTH_WORDS),
  text: (column: ColumnProfile): ColumnStore => {
    throw new TypeError(`column ${column.name} is text and cannot be encoded`);
  },
} as const;

interface TargetStore extends Pieces {
  /** Whether a row with this cell has no target. */
  readonly isAbsent: (cell: string) => boolean;
  readonly target: () => Target;
}

function targetStore(profile: DatasetProfile): TargetStore {
  const format = profile.columns.find(({ name }) => name === profile.target)?.format;
  if (profile.task === 'regression') {
    const { number } = columnValues('number', format);
    let values = new Float64Array();
    return {
      isAbsent: (cell) => Number.isNaN(number(cell)),
      begin: (count) => {
        values = new Float64Array(count);
      },
      store: (cell, row) => {
        values[row] = number(cell);
      },
      target: () => ({ task: 'regression', values }),
    };
  }
  if (profile.task === 'multilabel') return labelStore(profile, format);
  const { word } = columnValues('category', format);
  const classes = (profile.classes ?? []).map(({ value }) => value).sort(byNumberThenText);
  const codes = new Map(classes.map((name, code) => [word(name), code]));
  let values = new Int32Array();
  return {
    isAbsent: (cell) => word(cell) === '',
    begin: (count) => {
      values = new Int32Array(count);
    },
    store: (cell, row) => {
      values[row] = codes.get(word(cell)) ?? 0;
    },
    target: () => ({ task: 'classification', classes, values }),
  };
}

/** A row has 1 for each of its labels. */
function labelStore(profile: DatasetProfile, format: ColumnFormat = {}): TargetStore {
  const { word } = columnValues('category', format);
  const { separator = '|' } = format;
  const classes = (profile.classes ?? []).map(({ value }) => value).sort(byNumberThenText);
  const places = new Map(classes.map((name, place) => [name, place]));
  let values = new Uint8Array();
  return {
    isAbsent: (cell) => labelsOf(word(cell), separator).length === 0,
    begin: (count) => {
      values = new Uint8Array(count * classes.length);
    },
    store: (cell, row) => {
      for (const label of labelsOf(word(cell), separator)) {
        const place = places.get(label);
        if (place !== undefined) values[row * classes.length + place] = 1;
      }
    },
    target: () => ({ task: 'multilabel', classes, values }),
  };
}
