/** A thread that reads some columns of a table; see `column-threads.ts`. */
import { parentPort } from 'node:worker_threads';
import { type ErrorDetail, ValidationError } from '#domain/errors.ts';
import type { Recorded } from '../columns/layout.ts';
import type { Chunk } from '../columns/recorder.ts';
import { Recording } from '../columns/recording.ts';
import { Cells, type SharedCells } from '../files/cells.ts';
import { type PackedColumn, streamed } from '../files/parquet-chunk.ts';
import { type ColumnState, ColumnSummary } from './column.ts';
import { ColumnReader } from './column-reader.ts';
import type { CountBounds } from './counts.ts';
import type { Saying } from './decide.ts';
import { addParquet } from './parquet-cells.ts';

/** A column as it is read so far. */
export interface ColumnSetup {
  readonly name: string;
  readonly bounds: CountBounds | undefined;
  readonly missing: readonly string[] | undefined;
  readonly state: ColumnState;
  readonly said: Saying;
  /** Where its cells are to be recorded: how many rows together. */
  readonly groupRows: number | undefined;
}

export type WorkerMessage =
  /** One that this thread reads from now on, and its place in the table. */
  | { readonly kind: 'column'; readonly column: number; readonly setup: ColumnSetup }
  | { readonly kind: 'cells'; readonly cells: SharedCells; readonly before: number }
  | { readonly kind: 'packed'; readonly column: number; readonly packed: PackedColumn; readonly before: number }
  | { readonly kind: 'end' };

export type WorkerReply =
  | { readonly kind: 'read' }
  /** What is wrong with the file. */
  | { readonly kind: 'fault'; readonly details: readonly ErrorDetail[] }
  /** What was recorded of a column. */
  | { readonly kind: 'chunk'; readonly chunk: Chunk }
  /** In the order in which the columns came. */
  | {
      readonly kind: 'states';
      readonly states: readonly ColumnState[];
      readonly recorded: ReadonlyMap<number, Recorded>;
    };

/** By their places in the table. */
const readers = new Map<number, ColumnReader>();
const setups = new Map<number, ColumnSetup>();
let recording: Recording | undefined;
let cells: Cells | undefined;

parentPort!.on('message', (message: WorkerMessage) => {
  const answer = reply(message);
  if (answer) parentPort!.postMessage(answer);
});

function reply(message: WorkerMessage): WorkerReply | undefined {
  if (message.kind === 'column') {
    const { name, bounds, missing, state, groupRows } = message.setup;
    const reader = new ColumnReader(new ColumnSummary(name, bounds), missing);
    reader.restore(state);
    readers.set(message.column, reader);
    setups.set(message.column, message.setup);
    if (groupRows !== undefined) recording ??= new Recording({ groupRows, emit });
    return undefined;
  }
  if (message.kind === 'end') {
    const recorded = recording?.end() ?? new Map();
    const states = Array.from(readers.values(), ({ summary }) => summary.state);
    // The next table has other columns.
    readers.clear();
    setups.clear();
    recording = cells = undefined;
    return { kind: 'states', states, recorded };
  }
  try {
    if (message.kind === 'packed') readPacked(message);
    else readCells(message);
    return { kind: 'read' };
  } catch (error) {
    if (error instanceof ValidationError) return { kind: 'fault', details: error.details };
    throw error;
  }
}

function readPacked({ column, packed, before }: Extract<WorkerMessage, { kind: 'packed' }>): void {
  addParquet(readers.get(column)!, streamed(packed), before);
}

function readCells({ cells: shared, before }: Extract<WorkerMessage, { kind: 'cells' }>): void {
  // Behind rows that lie in memory of kernels, others may come.
  if (!cells || !shared.kernelMemory) cells = new Cells(shared.columns, shared.kernelMemory);
  cells.take(shared);
  for (const [column, reader] of readers) {
    reader.addCells(cells, column, before);
    const { said, bounds } = setups.get(column)!;
    recording?.begin(reader, { column, said, isTarget: bounds !== undefined }, cells);
  }
}

/** The memory is shared. */
function emit(chunk: Chunk): void {
  parentPort!.postMessage({ kind: 'chunk', chunk } satisfies WorkerReply);
}
