/** Store the cells of a table's columns as numbers, one piece of rows after another. */
import type { ColumnFormat } from '#domain/datasets/column-format.ts';
import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';
import { ascending } from '#engine/shuffle.ts';
import { labelsOf } from '../profile/labels.ts';
import { type CellReader, numberReader, type Picked, wordReader } from '../values/cell-readers.ts';
import { columnValues, TRUTH_WORDS } from '../values/column-values.ts';
import { byNumberThenText } from '../values/order.ts';
import { type Allocate, allocated } from './allocate.ts';
import type { CellRows } from './cell-rows.ts';
import type { Column, Target } from './columns.ts';

/** Some rows of a batch, which are stored from row `at` of the piece on. */
export interface Stored extends Picked {
  readonly cells: CellRows;
  /** Rows of the file before those of `cells`. */
  readonly before: number;
}

/** Reads a column or the target, one piece after another. */
interface Pieces {
  /** Makes room for the next piece's rows. */
  readonly begin: (count: number) => void;
  /** @param column its place in the file */
  readonly store: (some: Stored, column: number) => void;
}

export interface NamedPieces extends Pieces {
  /** Of the column. */
  readonly name: string;
}

export interface ColumnStore extends NamedPieces {
  /** The piece, after its rows are stored. */
  readonly column: () => Column;
}

export interface TargetStore extends Pieces {
  /** The rows of a batch that have a target. */
  readonly rowsOf: (cells: CellRows, column: number) => Int32Array;
  readonly target: () => Target;
}

function numberStore(type: 'number' | 'timestamp') {
  return ({ name, format }: ColumnProfile, allocate = allocated): ColumnStore => {
    const reader = numberReader(type, format);
    let values: Float64Array = new Float64Array();
    return {
      name,
      begin: (count) => {
        values = new Float64Array(allocate(count * Float64Array.BYTES_PER_ELEMENT));
      },
      store: (some, column) => some.cells.read(column, reader, values, some),
      column: () => ({ kind: 'numbers', name, type, values }),
    };
  };
}

function wordStore(type: 'category' | 'boolean', known: readonly string[] = []) {
  return ({ name, format }: ColumnProfile, allocate = allocated): ColumnStore => {
    const { word } = columnValues(type, format);
    const codes = new Map(known.map((one, code) => [one, code]));
    const reader = wordReader((text) => {
      const value = word(text);
      if (value === '') return -1;
      const code = codes.get(value) ?? codes.size;
      codes.set(value, code);
      return code;
    });
    let values: Int32Array = new Int32Array();
    return {
      name,
      begin: (count) => {
        values = new Int32Array(allocate(count * Int32Array.BYTES_PER_ELEMENT));
      },
      store: (some, column) => some.cells.read(column, reader, values, some),
      column: () => ({ kind: 'words', name, type, words: [...codes.keys()], values }),
    };
  };
}

export const columnStores = {
  number: numberStore('number'),
  timestamp: numberStore('timestamp'),
  category: wordStore('category'),
  boolean: wordStore('boolean', TRUTH_WORDS),
  text: (column: ColumnProfile, _?: Allocate): ColumnStore => {
    throw new TypeError(`column ${column.name} is text and cannot be encoded`);
  },
} as const;

function rowsWith(isPresent: (value: number) => boolean, reader: CellReader) {
  // Each batch is in the memory of the one before, as far as it fits.
  let all = ascending(0);
  let values = new Float64Array();
  return (cells: CellRows, column: number): Int32Array => {
    const { rows: to } = cells;
    if (all.length < to) {
      all = ascending(2 * to);
      values = new Float64Array(2 * to);
    }
    cells.read(column, reader, values, { rows: all, from: 0, to, at: 0 });
    let present = 0;
    while (present < to && isPresent(values[present]!)) present++;
    if (present === to) return all.subarray(0, to);
    return all.slice(0, to).filter((row) => isPresent(values[row]!));
  };
}

export function targetStore(profile: DatasetProfile): TargetStore {
  const format = profile.columns.find(({ name }) => name === profile.target)?.format;
  if (profile.task === 'regression') {
    const reader = numberReader('number', format);
    let values = new Float64Array();
    return {
      rowsOf: rowsWith((value) => !Number.isNaN(value), reader),
      begin: (count) => {
        values = new Float64Array(count);
      },
      store: (some, column) => some.cells.read(column, reader, values, some),
      target: () => ({ task: 'regression', values }),
    };
  }
  if (profile.task === 'multilabel') return labelStore(profile, format);
  const { word } = columnValues('category', format);
  const classes = (profile.classes ?? []).map(({ value }) => value).sort(byNumberThenText);
  const codes = new Map(classes.map((name, code) => [word(name), code]));
  const reader = wordReader((text) => {
    const value = word(text);
    return value === '' ? -1 : (codes.get(value) ?? 0);
  });
  let values = new Int32Array();
  return {
    rowsOf: rowsWith((code) => code >= 0, reader),
    begin: (count) => {
      values = new Int32Array(count);
    },
    store: (some, column) => some.cells.read(column, reader, values, some),
    target: () => ({ task: 'classification', classes, values }),
  };
}

/** A row has 1 for each of its labels. */
function labelStore({ classes: counted = [] }: DatasetProfile, format: ColumnFormat = {}): TargetStore {
  const { word } = columnValues('category', format);
  const { separator = '|' } = format;
  const classes = counted.map(({ value }) => value).sort(byNumberThenText);
  const places = new Map(classes.map((name, place) => [name, place]));
  /** The labels of each different cell, which is known by its place here. */
  const known: (readonly number[])[] = [];
  const reader = wordReader((text) => {
    const labels = labelsOf(word(text), separator).flatMap((label) => places.get(label) ?? []);
    return labels.length === 0 ? -1 : known.push(labels) - 1;
  });
  let values = new Uint8Array();
  return {
    rowsOf: rowsWith((cell) => cell >= 0, reader),
    begin: (count) => {
      values = new Uint8Array(count * classes.length);
    },
    store: (some, column) => {
      const cells = new Int32Array(some.at + some.to - some.from);
      some.cells.read(column, reader, cells, some);
      for (let row = some.at; row < cells.length; row++) {
        for (const label of known[cells[row]!]!) values[row * classes.length + label] = 1;
      }
    },
    target: () => ({ task: 'multilabel', classes, values }),
  };
}
