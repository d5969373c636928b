/** Stores a target of several columns, each of which says whether a row has a label. */
import type { ColumnProfile } from '#domain/datasets/profile.ts';
import type { Cells } from '../files/cells.ts';
import { numberReader, wordReader } from '../values/cell-readers.ts';
import { parseBoolean } from '../values/truth.ts';
import type { TargetStore } from './stores.ts';

type ReadCell = (bytes: Buffer, start: number, end: number) => number;

/** @param placeOf the place of a column in the file */
export function labelColumnStore(columns: readonly ColumnProfile[], placeOf: (name: string) => number): TargetStore {
  const classes = columns.map(({ name }) => name);
  const labels = columns.map((column) => ({ at: placeOf(column.name), hasLabel: readerOf(column) }));
  let values = new Uint8Array();
  return {
    // An empty cell says no, so that no row is left out.
    rowsOf: ({ rows }: Cells) => Int32Array.from({ length: rows }, (_, row) => row),
    begin: (count) => {
      values = new Uint8Array(count * classes.length);
    },
    store: ({ cells: { bytes, starts, ends, columns: width }, rows, from, to, at }) => {
      for (let i = from; i < to; i++) {
        const first = (at + i - from) * classes.length;
        for (const [label, { at: column, hasLabel }] of labels.entries()) {
          const place = rows[i]! * width + column;
          if (hasLabel(bytes, starts[place]!, ends[place]!) === 1) values[first + label] = 1;
        }
      }
    },
    target: () => ({ task: 'multilabel', classes, values }),
  };
}

function readerOf({ type, format }: ColumnProfile): ReadCell {
  if (type !== 'boolean') return numberReader('number', format);
  return wordReader((text) => Number(parseBoolean(text.trim())?.value ?? false));
}
