/**
 * The part of reading recorded columns that another thread takes. As with `LoadThreads`, a column is stored by one thread from
 * the first row to the last.
 */
import { ColumnsUnusableError, type SharedColumn, StoredColumn, StoredRows, VALID_GROUPS } from '../columns/group.ts';
import type { RowThread } from '../row-thread.ts';
import { shared } from './allocate.ts';
import type { Column } from './columns.ts';
import { type ColumnsElsewhere, ownOf, type Placed } from './load-threads.ts';
import { type ColumnStore, columnStores, type Stored } from './stores.ts';

export type LoadMessage =
  /** The columns that the thread stores from now on. */
  | { readonly kind: 'load'; readonly columns: readonly Placed[]; readonly rows: number }
  /** A group of rows: those columns of it, and which rows are stored from which place on. */
  | {
      readonly kind: 'group';
      readonly rows: number;
      readonly columns: readonly SharedColumn[];
      readonly picked: Int32Array;
      readonly at: number;
    }
  | { readonly kind: 'loaded' };

export interface Loaded {
  readonly kind: 'loaded';
  /** What is wrong with the recorded columns. */
  readonly damage?: string;
  /** At the end: in the order in which they were given, with values in shared memory. */
  readonly columns?: readonly Column[];
}

/** In the other thread. */
export class LoadShare {
  #stores: readonly ColumnStore[] = [];
  #columns: readonly StoredColumn[] = [];

  answer(message: LoadMessage): Loaded {
    if (message.kind === 'load') this.#begin(message);
    if (message.kind === 'loaded') return { kind: 'loaded', columns: this.#end() };
    try {
      if (message.kind === 'group') this.#store(message);
    } catch (error) {
      if (!(error instanceof ColumnsUnusableError)) throw error;
      return { kind: 'loaded', damage: error.message };
    }
    return { kind: 'loaded' };
  }

  #begin({ columns, rows }: Extract<LoadMessage, { kind: 'load' }>): void {
    this.#stores = columns.map(({ column }) => columnStores[column.type](column, shared));
    this.#columns = columns.map(() => new StoredColumn());
    for (const store of this.#stores) store.begin(rows);
  }

  #store({ rows, columns, picked, at }: Extract<LoadMessage, { kind: 'group' }>): void {
    for (const [i, column] of this.#columns.entries()) column.takeShared(columns[i]!);
    const cells = new StoredRows(rows, this.#columns);
    const some: Stored = { cells, before: 0, rows: picked, from: 0, to: picked.length, at };
    for (const [i, store] of this.#stores.entries()) store.store(some, i);
  }

  #end(): Column[] {
    const columns = this.#stores.map((store) => store.column());
    this.#stores = this.#columns = [];
    return columns;
  }
}

/** Has the thread store most columns, while this one also reads the file and stores the target. */
export class LoadWith implements ColumnsElsewhere {
  readonly #thread: RowThread;
  readonly #theirs: readonly Placed[];
  readonly own: readonly Placed[];
  /** Answers that are still to come, or have not been looked at. */
  readonly #asked: Promise<Loaded>[] = [];

  constructor(thread: RowThread, columns: readonly Placed[], rows: number) {
    this.#thread = thread;
    this.own = ownOf(columns, 2);
    this.#theirs = columns.filter((one) => !this.own.includes(one));
    this.#ask({ kind: 'load', columns: this.#theirs, rows });
  }

  /** The next group is read into the memory of the one that the thread is done with then. */
  async add({ cells, rows, from, to, at }: Stored): Promise<void> {
    if (!(cells instanceof StoredRows)) throw new TypeError('only rows of recorded columns are stored by this thread');
    while (this.#asked.length > VALID_GROUPS - 2) await this.#answer();
    const columns = this.#theirs.map((one) => cells.columns[one.at]!.share());
    this.#ask({ kind: 'group', rows: cells.rows, columns, picked: rows.slice(from, to), at });
  }

  async columns(): Promise<readonly Column[]> {
    this.#ask({ kind: 'loaded' });
    for (;;) {
      const { columns } = await this.#answer();
      if (columns) return columns;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#asked);
  }

  async #answer(): Promise<Loaded> {
    const answer = await this.#asked.shift()!;
    if (answer.damage !== undefined) throw new ColumnsUnusableError(answer.damage);
    return answer;
  }

  #ask(message: LoadMessage): void {
    const asked = this.#thread.ask<Loaded>(message, 'loaded');
    // Whoever looks at it gets the error.
    asked.catch(() => undefined);
    this.#asked.push(asked);
  }
}
