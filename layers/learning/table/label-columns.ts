/** Stores a target of several columns, each of which says whether a row has a label. */
import type { ColumnProfile } from '#domain/datasets/profile.ts';
import { type CellReader, numberReader, wordReader } from '../values/cell-readers.ts';
import { parseBoolean } from '../values/truth.ts';
import type { TargetStore } from './stores.ts';

/** @param placeOf the place of a column in the file */
export function labelColumnStore(columns: readonly ColumnProfile[], placeOf: (name: string) => number): TargetStore {
  const classes = columns.map(({ name }) => name);
  const labels = columns.map((column) => ({ at: placeOf(column.name), reader: readerOf(column) }));
  let values = new Uint8Array();
  return {
    // An empty cell says no, so that no row is left out.
    rowsOf: ({ rows }) => Int32Array.from({ length: rows }, (_, row) => row),
    begin: (count) => {
      values = new Uint8Array(count * classes.length);
    },
    store: ({ cells, rows, from, to, at }) => {
      const found = new Float64Array(to - from);
      for (const [label, { at: column, reader }] of labels.entries()) {
        cells.read(column, reader, found, { rows, from, to, at: 0 });
        for (let i = 0; i < found.length; i++) values[(at + i) * classes.length + label] = Number(found[i] === 1);
      }
    },
    target: () => ({ task: 'multilabel', classes, values }),
  };
}

function readerOf({ type, format }: ColumnProfile): CellReader {
  if (type !== 'boolean') return numberReader('number', format);
  return wordReader((text) => Number(parseBoolean(text.trim())?.value ?? false));
}
