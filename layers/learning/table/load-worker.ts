/** A thread that stores some columns of a table; see `load-threads.ts`. */
import { parentPort } from 'node:worker_threads';
import type { ColumnProfile } from '#domain/datasets/profile.ts';
import { Cells, type SharedCells } from '../files/cells.ts';
import { shared } from './allocate.ts';
import { TextRows } from './batch-rows.ts';
import type { Column } from './columns.ts';
import { type ColumnStore, columnStores } from './stores.ts';

export type LoadMessage =
  /** One that this thread stores from now on, and its place in the file. */
  | { readonly kind: 'column'; readonly at: number; readonly column: ColumnProfile; readonly rows: number }
  | {
      readonly kind: 'cells';
      readonly cells: SharedCells;
      /** The rows that are stored, and where the first of them is stored. */
      readonly picked: Int32Array;
      readonly at: number;
    }
  | { readonly kind: 'end' };

export type LoadReply =
  | { readonly kind: 'stored' }
  /** In the order in which they came. Their values are in shared memory. */
  | { readonly kind: 'columns'; readonly columns: readonly Column[] };

const stores: { readonly at: number; readonly store: ColumnStore }[] = [];

parentPort!.on('message', (message: LoadMessage) => {
  const answer = reply(message);
  if (answer) parentPort!.postMessage(answer);
});

function reply(message: LoadMessage): LoadReply | undefined {
  if (message.kind === 'end') return { kind: 'columns', columns: stores.map(({ store }) => store.column()) };
  if (message.kind === 'cells') {
    storeCells(message);
    return { kind: 'stored' };
  }
  const { at, column, rows } = message;
  const store = columnStores[column.type](column, shared);
  store.begin(rows);
  stores.push({ at, store });
  return undefined;
}

function storeCells({ cells, picked, at }: Extract<LoadMessage, { kind: 'cells' }>): void {
  const found = new Cells(cells.columns);
  found.take(cells);
  const some = { cells: new TextRows(found), before: 0, rows: picked, from: 0, to: picked.length, at };
  for (const { at: column, store } of stores) store.store(some, column);
}
