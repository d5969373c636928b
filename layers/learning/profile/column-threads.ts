/**
 * Reads columns in other threads. A column is read by one thread from the first row to the last, so that the profile does not
 * depend on how many threads there are:
 *
 *     this thread:  finds cells ─┬─▶ reads some columns ─▶ waits for states ─▶ profile
 *     a worker:                  └─▶ reads other columns ─▶ states ─────────────┘
 */
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { ValidationError } from '#domain/errors.ts';
import type { Recorded } from '../columns/layout.ts';
import type { Chunk } from '../columns/recorder.ts';
import type { Cells } from '../files/cells.ts';
import type { ColumnMemory } from '../files/column-memory.ts';
import type { RowGroup } from '../files/parquet-group.ts';
import type { ColumnState } from './column.ts';
import type { ColumnSetup, WorkerMessage, WorkerReply } from './column-worker.ts';
import { COLUMN_PROGRAM, keepThread, takeThread } from './reading-threads.ts';

/** What finding the cells costs, and waiting for the workers' start, as a share of what reading all columns costs. */
const SCAN_COST = 0.15;
/** The same of storing what was recorded of the columns. */
const STORE_COST = 0.07;
/** How many batches a worker may have that it has not read yet: enough for as long as it takes to start. */
const MOST_PENDING = 16;
/** The same of columns of a row group, each of which is as large as many batches: for as long as this thread reads one. */
const MOST_PACKED = 3;

interface Share {
  readonly worker: Worker;
  readonly columns: number[];
  pending: number;
  /** Called, in this order, when it has read what was sent. */
  readonly used: (() => void)[];
  /** What it has read, at its end. */
  states: readonly ColumnState[] | undefined;
}

interface OwnWork {
  /** Reads a column in this thread. */
  readonly read: (column: number) => Promise<void>;
  /** What this thread does besides, while others read. */
  readonly besides: () => Promise<void>;
  /** What columns are read into. */
  readonly memories: ColumnMemory;
}

interface Sent extends Pick<OwnWork, 'memories'> {
  readonly group: RowGroup;
  readonly before: number;
}

export class ColumnThreads implements AsyncDisposable {
  readonly #shares: readonly Share[];
  /** The columns that this thread reads, once that is decided. */
  #own: number[] | undefined;
  #failure: Error | undefined;
  /** Takes what other threads have recorded. */
  onChunk: (chunk: Chunk) => void = () => {};
  /** How other threads have recorded columns, after `states`. */
  readonly recorded = new Map<number, Recorded>();

  /** Starts all threads but this one. */
  constructor(threads: number) {
    this.#shares = Array.from({ length: threads - 1 }, () => {
      const worker = takeThread(COLUMN_PROGRAM);
      const share: Share = { worker, columns: [], pending: 0, used: [], states: undefined };
      worker.on('message', (reply: WorkerReply) => this.#take(share, reply));
      worker.on('error', (error) => {
        this.#failure ??= error;
      });
      return share;
    });
  }

  #take(share: Share, reply: WorkerReply): void {
    if (reply.kind === 'chunk') {
      this.onChunk(reply.chunk);
      return;
    }
    if (reply.kind === 'states') {
      share.states = reply.states;
      for (const [column, recorded] of reply.recorded) this.recorded.set(column, recorded);
      return;
    }
    share.pending--;
    share.used.shift()?.();
    if (reply.kind === 'fault') this.#failure ??= new ValidationError(reply.details);
  }

  /**
   * Sends the cells, which come after `before` rows, to the other threads. Waits while they have enough to do.
   * @param setups all columns, as far as they were read before the first cells
   * @returns the columns that this thread is to read
   */
  async add(cells: Cells, before: number, setups: () => readonly ColumnSetup[]): Promise<readonly number[]> {
    this.#own ??= this.#shareOut(setups());
    const { memory, shared } = cells;
    for (const share of this.#shares) {
      while (share.pending >= MOST_PENDING) await this.#reply(share);
      this.#send(share, { kind: 'cells', cells: shared, before });
      share.used.push(() => memory.readers--);
      memory.readers++;
      share.pending++;
    }
    return this.#own;
  }

  /** Columns of every kind for each thread: of neighbours that are alike, each has some. */
  #shareOut(setups: readonly ColumnSetup[]): number[] {
    const { length } = setups;
    const isRecorded = setups.some(({ groupRows }) => groupRows !== undefined);
    const cost = SCAN_COST + (isRecorded ? STORE_COST : 0);
    const perThread = ((1 + cost) * length) / (this.#shares.length + 1);
    const ownCount = Math.max(0, Math.round(perThread - cost * length));
    const own: number[] = [];
    let next = 0;
    for (const [column, setup] of setups.entries()) {
      if (Math.floor(((column + 1) * ownCount) / length) > own.length) own.push(column);
      else this.#give(this.#shares[next++ % this.#shares.length]!, column, setup);
    }
    return own;
  }

  #give(share: Share, column: number, setup: ColumnSetup): void {
    share.columns.push(column);
    this.#send(share, { kind: 'column', column, setup });
  }

  /**
   * Reads a row group, which comes after `before` rows. Of the first one, each thread takes the next column whenever it has
   * nothing to do; they keep those columns.
   * @param setups all columns, as far as they were read before the first row group
   */
  async addGroup(
    group: RowGroup,
    before: number,
    setups: () => readonly ColumnSetup[],
    { read, besides, memories }: OwnWork,
  ): Promise<void> {
    // The largest ones first: the threads end at about the same time.
    const fresh = this.#own ? [] : [...setups().entries()].sort(([a], [b]) => group.bytesOf(b) - group.bytesOf(a));
    const own = [...(this.#own ?? [])];
    let isFirst = true;
    this.#own ??= [];
    const waiting = this.#shares.map((share) => ({ share, left: [...share.columns] }));
    for (;;) {
      for (const { share, left } of waiting) {
        // Of the last ones, each thread has some.
        const most = left.length > 0 ? MOST_PACKED : Math.min(MOST_PACKED, 1 + (fresh.length >> 1));
        while (share.pending < most && left.length + fresh.length > 0) {
          await this.#sendColumn(share, left.shift() ?? this.#taken(share, fresh), { group, before, memories });
        }
      }
      if (this.#failure) throw this.#failure;
      await group.besides;
      if (isFirst) await besides();
      isFirst = false;
      const column = own.shift() ?? fresh.shift()?.[0];
      if (column !== undefined) {
        if (!this.#own.includes(column)) this.#own.push(column);
        await read(column);
        // Replies come between two columns.
        await setImmediate();
        continue;
      }
      const next = waiting.find(({ left }) => left.length > 0);
      if (!next) return;
      // It may have read all that it had while something else was awaited here.
      if (next.share.pending > 0) await this.#reply(next.share);
    }
  }

  #taken(share: Share, fresh: [number, ColumnSetup][]): number {
    const [column, setup] = fresh.shift()!;
    this.#give(share, column, setup);
    return column;
  }

  async #sendColumn(share: Share, column: number, { group, before, memories }: Sent): Promise<void> {
    const memory = memories.take(group.bytesOf(column));
    const packed = await group.column(column, memory);
    this.#send(share, { kind: 'packed', column, packed, before });
    share.used.push(() => memories.give(memory));
    share.pending++;
  }

  #send({ worker }: Share, message: WorkerMessage): void {
    worker.postMessage(message);
  }

  /** What the other threads have read, by column. */
  async states(): Promise<ReadonlyMap<number, ColumnState>> {
    const states = new Map<number, ColumnState>();
    for (const share of this.#shares) {
      this.#send(share, { kind: 'end' });
      while (share.states === undefined) await this.#reply(share);
      for (const [i, column] of share.columns.entries()) states.set(column, share.states[i]!);
    }
    return states;
  }

  /** What was broken off is still being read; then the thread ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#shares.map(({ worker, states }) => (states ? keepThread(worker) : worker.terminate())));
  }

  async #reply({ worker }: Share): Promise<void> {
    if (this.#failure) throw this.#failure;
    // It rejects with an error of the worker.
    await once(worker, 'message');
    if (this.#failure) throw this.#failure;
  }
}
