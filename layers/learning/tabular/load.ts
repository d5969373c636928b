import { createHash, type Hash } from 'node:crypto';
import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';
import { isMissing } from '../csv/missing.ts';
import { readCsv } from '../csv/read.ts';
import { TrainingFailure } from '../failure.ts';
import { parseBoolean, parseNumber, parseTimestamp } from '../profile/parse.ts';
import type { Column, Rows, Target } from './columns.ts';
import { usableColumns, usableRows } from './resident.ts';

/** Boolean columns are encoded with these words, whatever words the file has. */
const TRUTH_WORDS = ['false', 'true'] as const;

/** Stores a row's cell in its column. */
type Store = (cell: string, row: number) => void;

/**
 * Reads the file that the profile describes.
 * @throws TrainingFailure if the bytes are not those of that file
 */
export async function loadRows(bytes: AsyncIterable<Uint8Array>, profile: DatasetProfile): Promise<Rows> {
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
  bytes: AsyncIterable<Uint8Array>,
  profile: DatasetProfile,
  pieceRows: number,
): AsyncGenerator<Rows, void, undefined> {
  const hash = createHash('sha256');
  const { header, rows } = await readCsv(hashed(bytes, hash));
  const count = usableRows(profile);
  const columns = usableColumns(profile).map((column) => columnStores[column.type](column));
  const target = targetStore(profile);
  const targetAt = header.indexOf(profile.target);
  const stores = columns.map((column) => ({ at: header.indexOf(column.name), column }));
  const leftOut = profile.columns.filter((c) => c.type === 'text' && c.name !== profile.target).map((c) => c.name);
  const sizeAfter = (done: number) => Math.min(pieceRows, count - done);
  let [done, row, size] = [0, 0, sizeAfter(0)];
  const begin = () => {
    for (const store of [target, ...columns]) store.begin(size);
  };
  const piece = (): Rows => ({
    count: size,
    columns: columns.map(({ column }) => column()),
    target: target.target(),
    leftOut,
  });
  begin();
  for await (const record of rows) {
    const cell = record[targetAt] ?? '';
    if (isMissing(cell)) continue;
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
  if (done + row !== count || hash.digest('hex') !== profile.sha256) {
    throw new TrainingFailure('The file is not the one that was processed: its bytes have changed');
  }
  yield piece();
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

type NumberType = 'number' | 'timestamp';

function numberStore(type: NumberType, parse: (cell: string) => number) {
  return ({ name }: ColumnProfile): ColumnStore => {
    let values = new Float64Array();
    return {
      name,
      begin: (count) => {
        values = new Float64Array(count).fill(Number.NaN);
      },
      store: (cell, row) => {
        if (!isMissing(cell)) values[row] = parse(cell);
      },
      column: () => ({ kind: 'numbers', name, type, values }),
    };
  };
}

function categoryStore({ name }: ColumnProfile): ColumnStore {
  const codes = new Map<string, number>();
  let values = new Int32Array();
  return {
    name,
    begin: (count) => {
      values = new Int32Array(count).fill(-1);
    },
    store: (cell, row) => {
      if (isMissing(cell)) return;
      const code = codes.get(cell) ?? codes.size;
      codes.set(cell, code);
      values[row] = code;
    },
    column: () => ({ kind: 'words', name, type: 'category', words: [...codes.keys()], values }),
  };
}

function booleanStore({ name }: ColumnProfile): ColumnStore {
  let values = new Int32Array();
  return {
    name,
    begin: (count) => {
      values = new Int32Array(count).fill(-1);
    },
    store: (cell, row) => {
      const truth = parseBoolean(cell);
      if (truth) values[row] = Number(truth.value);
    },
    column: () => ({ kind: 'words', name, type: 'boolean', words: TRUTH_WORDS, values }),
  };
}

const columnStores = {
  number: numberStore('number', parseNumber),
  timestamp: numberStore('timestamp', parseTimestamp),
  category: categoryStore,
  boolean: booleanStore,
  text: (column: ColumnProfile): ColumnStore => {
    throw new TypeError(`column ${column.name} is text and cannot be encoded`);
  },
} as const;

interface TargetStore extends Pieces {
  readonly target: () => Target;
}

function targetStore(profile: DatasetProfile): TargetStore {
  if (profile.task === 'regression') {
    let values = new Float64Array();
    return {
      begin: (count) => {
        values = new Float64Array(count);
      },
      store: (cell, row) => {
        values[row] = parseNumber(cell);
      },
      target: () => ({ task: 'regression', values }),
    };
  }
  const classes = (profile.classes ?? []).map(({ value }) => value).sort(byNumberThenText);
  const codes = new Map(classes.map((name, code) => [name, code]));
  let values = new Int32Array();
  return {
    begin: (count) => {
      values = new Int32Array(count);
    },
    store: (cell, row) => {
      values[row] = codes.get(cell) ?? 0;
    },
    target: () => ({ task: 'classification', classes, values }),
  };
}

function byNumberThenText(a: string, b: string): number {
  const difference = parseNumber(a) - parseNumber(b);
  return Number.isNaN(difference) || difference === 0 ? (a < b ? -1 : 1) : difference;
}

async function* hashed(bytes: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}
