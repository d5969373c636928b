/**
 * Reads columns in other threads. A column is read by one thread from the first row to the last, so that the profile does not
 * depend on how many threads there are:
 *
 *     this thread:  finds cells ─┬─▶ reads some columns ─▶ waits for states ─▶ profile
 *     a worker:                  └─▶ reads other columns ─▶ states ─────────────┘
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
// Whoever starts threads says so; these do not load it.
import '#engine/telemetry.ts';
import type { Cells } from '../files/cells.ts';
import type { ColumnState } from './column.ts';
import type { ColumnSetup, WorkerMessage, WorkerReply } from './column-worker.ts';

/** What finding the cells costs, as a share of what reading all columns costs. */
const SCAN_COST = 0.4;
/** How many batches a worker may have that it has not read yet. */
const MOST_PENDING = 4;

interface Share {
  readonly worker: Worker;
  readonly columns: readonly number[];
  pending: number;
  /** What it has read, at its end. */
  states: readonly ColumnState[] | undefined;
}

export class ColumnThreads {
  /** The columns that this thread reads. */
  readonly own: readonly number[];
  readonly #shares: readonly Share[];
  #failure: Error | undefined;

  /** @param setups all columns, as far as they were read */
  constructor(setups: readonly ColumnSetup[], threads: number) {
    const { own, others } = shared(setups.length, threads);
    this.own = own;
    this.#shares = others.map((columns) => {
      const workerData = columns.map((column) => setups[column]!);
      const worker = new Worker(new URL('./column-worker.ts', import.meta.url), { workerData });
      const share: Share = { worker, columns, pending: 0, states: undefined };
      worker.on('message', (reply: WorkerReply) => {
        if (reply.kind === 'read') share.pending--;
        else share.states = reply.states;
      });
      worker.on('error', (error) => {
        this.#failure ??= error;
      });
      return share;
    });
  }

  /** Sends the cells, which come after `before` rows, to the other threads. Waits while they have enough to do. */
  async add(cells: Cells, before: number): Promise<void> {
    for (const share of this.#shares) {
      while (share.pending >= MOST_PENDING) await this.#reply(share);
      const message = messageOf(cells, share.columns, before);
      share.worker.postMessage(message, [message.bytes, message.starts.buffer, message.ends.buffer]);
      share.pending++;
    }
  }

  /** What the other threads have read, by column. */
  async states(): Promise<ReadonlyMap<number, ColumnState>> {
    const states = new Map<number, ColumnState>();
    for (const share of this.#shares) {
      share.worker.postMessage({ kind: 'end' } satisfies WorkerMessage);
      while (share.states === undefined) await this.#reply(share);
      for (const [i, column] of share.columns.entries()) states.set(column, share.states[i]!);
    }
    return states;
  }

  async close(): Promise<void> {
    await Promise.all(this.#shares.map(({ worker }) => worker.terminate()));
  }

  async #reply({ worker }: Share): Promise<void> {
    if (this.#failure) throw this.#failure;
    // It rejects with an error of the worker.
    await once(worker, 'message');
  }
}

/** Columns of every kind for each thread: of neighbours that are alike, each has some. */
function shared(columns: number, threads: number): { own: number[]; others: number[][] } {
  const perThread = ((1 + SCAN_COST) * columns) / threads;
  const ownCount = Math.max(0, Math.round(perThread - SCAN_COST * columns));
  const own: number[] = [];
  const others: number[][] = Array.from({ length: threads - 1 }, () => []);
  let next = 0;
  for (let column = 0; column < columns; column++) {
    if (Math.floor(((column + 1) * ownCount) / columns) > own.length) own.push(column);
    else others[next++ % others.length]!.push(column);
  }
  return { own, others };
}

/** The cells of some columns, in memory that is handed over. */
function messageOf(cells: Cells, columns: readonly number[], before: number) {
  const { rows, columns: width } = cells;
  const starts = new Int32Array(rows * columns.length);
  const ends = new Int32Array(rows * columns.length);
  for (const [i, column] of columns.entries()) {
    for (let row = 0, at = column, to = i; row < rows; row++, at += width, to += columns.length) {
      starts[to] = cells.starts[at]!;
      ends[to] = cells.ends[at]!;
    }
  }
  const bytes = new ArrayBuffer(cells.bytes.length);
  new Uint8Array(bytes).set(cells.bytes);
  return { kind: 'cells', bytes, starts, ends, rows, before } as const satisfies WorkerMessage;
}
