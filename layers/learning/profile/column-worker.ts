/** A worker thread that reads some columns of a table; see `column-threads.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { Cells } from '../files/cells.ts';
import { type ColumnState, ColumnSummary } from './column.ts';
import { ColumnReader } from './column-reader.ts';
import type { CountBounds } from './counts.ts';

/** A column as it is read so far. */
export interface ColumnSetup {
  readonly name: string;
  readonly bounds: CountBounds | undefined;
  readonly missing: readonly string[] | undefined;
  readonly state: ColumnState;
}

export type WorkerMessage =
  | {
      readonly kind: 'cells';
      readonly bytes: ArrayBuffer;
      readonly starts: Int32Array<ArrayBuffer>;
      readonly ends: Int32Array<ArrayBuffer>;
      readonly rows: number;
      readonly before: number;
    }
  | { readonly kind: 'end' };

export type WorkerReply =
  | { readonly kind: 'read' }
  | { readonly kind: 'states'; readonly states: readonly ColumnState[] };

const readers = (workerData as readonly ColumnSetup[]).map(({ name, bounds, missing, state }) => {
  const reader = new ColumnReader(new ColumnSummary(name, bounds), missing);
  reader.restore(state);
  return reader;
});
const cells = new Cells(readers.length);
const reply = (message: WorkerReply): void => parentPort!.postMessage(message);

parentPort!.on('message', (message: WorkerMessage) => {
  if (message.kind === 'end') {
    reply({ kind: 'states', states: readers.map(({ summary }) => summary.state) });
    return;
  }
  cells.reset(Buffer.from(message.bytes));
  cells.starts = message.starts;
  cells.ends = message.ends;
  cells.rows = message.rows;
  for (const [column, reader] of readers.entries()) reader.addCells(cells, column, message.before);
  reply({ kind: 'read' });
});
