/**
 * Stores columns in other threads. A column is stored by one thread from the first row to the last, so that its words have
 * the same codes however many threads there are:
 *
 *     this thread:  finds cells ─┬─▶ stores the target and some columns ─▶ waits ─▶ rows
 *     a worker:                  └─▶ stores other columns, in shared memory ─┘
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ColumnProfile } from '#domain/datasets/profile.ts';
// Whoever starts threads says so; these do not load it.
import '#engine/telemetry.ts';
import type { CellsMemory } from '../files/cells.ts';
import { TextRows } from './batch-rows.ts';
import type { Column } from './columns.ts';
import type { LoadMessage, LoadReply } from './load-worker.ts';
import type { Stored } from './stores.ts';

/** Of a smaller file, a thread takes longer to start than to read. */
const ENOUGH_BYTES = 4 * 1_048_576;
/** What finding the cells and hashing them costs, as a share of what storing all columns costs. */
const SCAN_COST = 0.5;
/** How many pieces a worker may have that it has not stored yet: enough for as long as it takes to start. */
const MOST_PENDING = 32;

interface Share {
  readonly worker: Worker;
  pending: number;
  /** What it reads cells from, as they were sent. */
  readonly memories: CellsMemory[];
  /** What it has stored, at its end. */
  columns: readonly Column[] | undefined;
}

/** A column of the file, and its place there. */
export interface Placed {
  readonly at: number;
  readonly column: ColumnProfile;
}

export interface LoadThreadsOptions {
  readonly threads: number;
  /** Of the file. */
  readonly bytes: number;
  readonly columns: readonly Placed[];
  /** How many there will be. */
  readonly rows: number;
}

/** Columns of which others store some. */
export interface ColumnsElsewhere extends AsyncDisposable {
  /** Those that are left to this thread. */
  readonly own: readonly Placed[];
  /** Sends rows to the others. Waits while they have enough to do. */
  add(some: Stored): Promise<void>;
  /** What the others have stored. */
  columns(): Promise<readonly Column[]>;
}

/** The columns of this one of so many threads, which besides finds what is stored. */
export function ownOf(columns: readonly Placed[], threads: number): readonly Placed[] {
  if (threads <= 1) return columns;
  const perThread = ((1 + SCAN_COST) * columns.length) / threads;
  const count = Math.max(0, Math.round(perThread - SCAN_COST * columns.length));
  // Of neighbours that are alike, each thread has some.
  const isOwn = (i: number) =>
    Math.floor(((i + 1) * count) / columns.length) > Math.floor((i * count) / columns.length);
  return columns.filter((_, i) => isOwn(i));
}

export class LoadThreads implements ColumnsElsewhere {
  readonly #shares: readonly Share[];
  readonly own: readonly Placed[];
  #failure: Error | undefined;

  /**
   * Starts all threads but this one, which get their columns.
   * @param rows how many there will be
   */
  constructor(threads: number, columns: readonly Placed[], rows: number) {
    const others = Math.max(0, Math.min(threads - 1, columns.length));
    this.own = ownOf(columns, others + 1);
    this.#shares = Array.from({ length: others }, () => this.#started());
    for (const [i, { at, column }] of columns.filter((one) => !this.own.includes(one)).entries())
      this.#send(this.#shares[i % others]!, { kind: 'column', at, column, rows });
  }

  /** A small file is read by this thread alone, whatever is said. */
  static for({ threads, bytes, columns, rows }: LoadThreadsOptions): LoadThreads {
    return new LoadThreads(bytes < ENOUGH_BYTES ? 1 : threads, columns, rows);
  }

  #started(): Share {
    const worker = new Worker(new URL('./load-worker.ts', import.meta.url));
    const share: Share = { worker, pending: 0, memories: [], columns: undefined };
    worker.on('message', (reply: LoadReply) => take(share, reply));
    worker.on('error', (error) => {
      this.#failure ??= error;
    });
    return share;
  }

  async add({ cells, rows, from, to, at }: Stored): Promise<void> {
    if (this.#shares.length === 0) return;
    if (!(cells instanceof TextRows)) throw new TypeError('only cells of text are stored by other threads');
    const { memory, shared } = cells.cells;
    // A part of a larger array would be sent with all of it.
    const picked = rows.slice(from, to);
    for (const share of this.#shares) {
      while (share.pending >= MOST_PENDING) await this.#reply(share);
      this.#send(share, { kind: 'cells', cells: shared, picked, at });
      share.memories.push(memory);
      memory.readers++;
      share.pending++;
    }
  }

  async columns(): Promise<Column[]> {
    for (const share of this.#shares) this.#send(share, { kind: 'end' });
    for (const share of this.#shares) while (share.columns === undefined) await this.#reply(share);
    return this.#shares.flatMap(({ columns }) => columns!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#shares.map(({ worker }) => worker.terminate()));
  }

  #send({ worker }: Share, message: LoadMessage): void {
    worker.postMessage(message);
  }

  async #reply({ worker }: Share): Promise<void> {
    if (this.#failure) throw this.#failure;
    // It rejects with an error of the worker.
    await once(worker, 'message');
  }
}

function take(share: Share, reply: LoadReply): void {
  if (reply.kind === 'columns') {
    share.columns = reply.columns;
    return;
  }
  share.pending--;
  const memory = share.memories.shift();
  if (memory) memory.readers--;
}
