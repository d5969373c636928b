import { createHash, type Hash } from 'node:crypto';
import type { ColumnProfile, DatasetProfile } from '#domain/profile.ts';
import { isMissing } from '../csv/missing.ts';
import { readCsv } from '../csv/read.ts';
import { TrainingFailure } from '../failure.ts';
import { parseBoolean, parseNumber, parseTimestamp } from '../profile/parse.ts';
import type { Column, Rows, Target } from './columns.ts';

/** What a file's columns and their encoded copy may take together: rows × columns × about 16 bytes. */
const RESIDENT_BYTES = 4 * 2 ** 30;
/** A double, and its standardised value with an indicator; a code and its copy fit in the same. */
const BYTES_PER_CELL = 16;

/** No and yes, as boolean columns are encoded whatever their words in the file. */
const TRUTH_WORDS = ['false', 'true'] as const;

/** Puts the next row's cell into its column. */
type Store = (cell: string, row: number) => void;

/**
 * Reads the file that the profile describes.
 * @throws TrainingFailure if it is too large for memory, or is not that file
 */
export async function loadRows(bytes: AsyncIterable<Uint8Array>, profile: DatasetProfile): Promise<Rows> {
  const count = profile.rows - profile.rows_without_target;
  const usable = profile.columns.filter((column) => column.type !== 'text' && column.name !== profile.target);
  const needed = count * (usable.length + 1) * BYTES_PER_CELL;
  if (needed > RESIDENT_BYTES) {
    throw new TrainingFailure(
      `The data must take at most ${RESIDENT_BYTES} bytes of memory; got about ${needed}: ${count} rows of ${usable.length + 1} columns, ${BYTES_PER_CELL} bytes a value`,
    );
  }
  const hash = createHash('sha256');
  const { header, rows } = await readCsv(hashed(bytes, hash));
  const columns = usable.map((column) => columnStores[column.type](column, count));
  const target = targetStore(profile, count);
  const targetAt = header.indexOf(profile.target);
  const stores = columns.map(({ name, store }) => ({ at: header.indexOf(name), store }));
  let row = 0;
  for await (const record of rows) {
    const cell = record[targetAt] ?? '';
    if (isMissing(cell)) continue;
    if (row === count) break;
    target.store(cell, row);
    for (const { at, store } of stores) store(record[at] ?? '', row);
    row++;
  }
  if (row !== count || hash.digest('hex') !== profile.sha256) {
    throw new TrainingFailure('The file is not the one that was processed: its bytes have changed');
  }
  return {
    count,
    columns: columns.map(({ column }) => column()),
    target: target.target,
    leftOut: profile.columns.filter((c) => c.type === 'text' && c.name !== profile.target).map((c) => c.name),
  };
}

interface ColumnStore {
  readonly name: string;
  /** Once all rows are stored. */
  readonly column: () => Column;
  readonly store: Store;
}

type NumberType = 'number' | 'timestamp';

function numberStore(type: NumberType, parse: (cell: string) => number) {
  return ({ name }: ColumnProfile, count: number): ColumnStore => {
    const values = new Float64Array(count).fill(Number.NaN);
    const store: Store = (cell, row) => {
      if (!isMissing(cell)) values[row] = parse(cell);
    };
    return { name, column: () => ({ kind: 'numbers', name, type, values }), store };
  };
}

function categoryStore({ name }: ColumnProfile, count: number): ColumnStore {
  const values = new Int32Array(count).fill(-1);
  const codes = new Map<string, number>();
  const store: Store = (cell, row) => {
    if (isMissing(cell)) return;
    const code = codes.get(cell) ?? codes.size;
    codes.set(cell, code);
    values[row] = code;
  };
  return {
    name,
    column: () => ({ kind: 'words', name, type: 'category', words: [...codes.keys()], values }),
    store,
  };
}

function booleanStore({ name }: ColumnProfile, count: number): ColumnStore {
  const values = new Int32Array(count).fill(-1);
  const store: Store = (cell, row) => {
    const truth = parseBoolean(cell);
    if (truth) values[row] = Number(truth.value);
  };
  return { name, column: () => ({ kind: 'words', name, type: 'boolean', words: TRUTH_WORDS, values }), store };
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

function targetStore(profile: DatasetProfile, count: number): { target: Target; store: Store } {
  if (profile.task === 'regression') {
    const values = new Float64Array(count);
    const store: Store = (cell, row) => {
      values[row] = parseNumber(cell);
    };
    return { target: { task: 'regression', values }, store };
  }
  const classes = (profile.classes ?? []).map(({ value }) => value).sort(byNumberThenText);
  const codes = new Map(classes.map((name, code) => [name, code]));
  const values = new Int32Array(count);
  const store: Store = (cell, row) => {
    values[row] = codes.get(cell) ?? 0;
  };
  return { target: { task: 'classification', classes, values }, store };
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
