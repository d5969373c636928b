/** Store the cells of a table's columns as numbers, one piece of rows after another. */
import type { ColumnFormat } from '#domain/datasets/column-format.ts';
import type { ColumnProfile, DatasetProfile } from '#domain/datasets/profile.ts';
import type { Cells } from '../files/cells.ts';
import { labelsOf } from '../profile/labels.ts';
import { numberReader, wordReader } from '../values/cell-readers.ts';
import { columnValues, TRUTH_WORDS } from '../values/column-values.ts';
import { byNumberThenText } from '../values/order.ts';
import type { Column, Target } from './columns.ts';

/** Some rows of a batch, of which those from `from` up to but without `to` are stored from row `at` of the piece on. */
export interface Stored {
  readonly cells: Cells;
  readonly rows: Int32Array;
  readonly from: number;
  readonly to: number;
  readonly at: number;
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
  readonly rowsOf: (cells: Cells, column: number) => Int32Array;
  readonly target: () => Target;
}

type ReadCell = (bytes: Buffer, start: number, end: number) => number;

function storeInto(
  values: Float64Array | Int32Array,
  read: ReadCell,
  { cells, rows, from, to, at }: Stored,
  column: number,
) {
  const { bytes, starts, ends, columns } = cells;
  for (let i = from; i < to; i++) {
    const place = rows[i]! * columns + column;
    values[at + i - from] = read(bytes, starts[place]!, ends[place]!);
  }
}

function numberStore(type: 'number' | 'timestamp') {
  return ({ name, format }: ColumnProfile): ColumnStore => {
    const read = numberReader(type, format);
    let values = new Float64Array();
    return {
      name,
      begin: (count) => {
        values = new Float64Array(count).fill(Number.NaN);
      },
      store: (some, column) => storeInto(values, read, some, column),
      column: () => ({ kind: 'numbers', name, type, values }),
    };
  };
}

function wordStore(type: 'category' | 'boolean', known: readonly string[] = []) {
  return ({ name, format }: ColumnProfile): ColumnStore => {
    const { word } = columnValues(type, format);
    const codes = new Map(known.map((one, code) => [one, code]));
    const read = wordReader((text) => {
      const value = word(text);
      if (value === '') return -1;
      const code = codes.get(value) ?? codes.size;
      codes.set(value, code);
      return code;
    });
    let values = new Int32Array();
    return {
      name,
      begin: (count) => {
        values = new Int32Array(count).fill(-1);
      },
      store: (some, column) => storeInto(values, read, some, column),
      column: () => ({ kind: 'words', name, type, words: [...codes.keys()], values }),
    };
  };
}

export const columnStores = {
  number: numberStore('number'),
  timestamp: numberStore('timestamp'),
  category: wordStore('category'),
  boolean: wordStore('boolean', TRUTH_WORDS),
  text: (column: ColumnProfile): ColumnStore => {
    throw new TypeError(`column ${column.name} is text and cannot be encoded`);
  },
} as const;

function rowsWith(isPresent: (value: number) => boolean, read: ReadCell) {
  return ({ bytes, starts, ends, columns, rows }: Cells, column: number): Int32Array => {
    const found = new Int32Array(rows);
    let count = 0;
    for (let row = 0, at = column; row < rows; row++, at += columns) {
      if (isPresent(read(bytes, starts[at]!, ends[at]!))) found[count++] = row;
    }
    return found.subarray(0, count);
  };
}

export function targetStore(profile: DatasetProfile): TargetStore {
  const format = profile.columns.find(({ name }) => name === profile.target)?.format;
  if (profile.task === 'regression') {
    const read = numberReader('number', format);
    let values = new Float64Array();
    return {
      rowsOf: rowsWith((value) => !Number.isNaN(value), read),
      begin: (count) => {
        values = new Float64Array(count);
      },
      store: (some, column) => storeInto(values, read, some, column),
      target: () => ({ task: 'regression', values }),
    };
  }
  if (profile.task === 'multilabel') return labelStore(profile, format);
  const { word } = columnValues('category', format);
  const classes = (profile.classes ?? []).map(({ value }) => value).sort(byNumberThenText);
  const codes = new Map(classes.map((name, code) => [word(name), code]));
  const read = wordReader((text) => {
    const value = word(text);
    return value === '' ? -1 : (codes.get(value) ?? 0);
  });
  let values = new Int32Array();
  return {
    rowsOf: rowsWith((code) => code >= 0, read),
    begin: (count) => {
      values = new Int32Array(count);
    },
    store: (some, column) => storeInto(values, read, some, column),
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
  const read = wordReader((text) => {
    const labels = labelsOf(word(text), separator).flatMap((label) => places.get(label) ?? []);
    return labels.length === 0 ? -1 : known.push(labels) - 1;
  });
  let values = new Uint8Array();
  return {
    rowsOf: rowsWith((cell) => cell >= 0, read),
    begin: (count) => {
      values = new Uint8Array(count * classes.length);
    },
    store: (some, column) => {
      const cells = new Int32Array(some.at + some.to - some.from);
      storeInto(cells, read, some, column);
      for (let row = some.at; row < cells.length; row++) {
        for (const label of known[cells[row]!]!) values[row * classes.length + label] = 1;
      }
    },
    target: () => ({ task: 'multilabel', classes, values }),
  };
}
