import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setImmediate } from 'node:timers';
import { UnavailableError } from '#domain/errors.ts';
import { WalIndex } from './wal-index.ts';
import { Watch } from './watch.ts';

/** A row's columns by name. */
export type Row = Readonly<Record<string, string | number | null>>;

/** Of what is stored: another one after each commit. */
export interface Version {
  /** Changes with the commits of this connection … */
  readonly own: number;
  /** … and with those of others. */
  readonly others: number;
}

export interface DatabaseOptions {
  /**
   * When a write counts as done. `full`: once it is on the disk. `normal`: once the operating system has it, so that it
   * survives the end of any process; a loss of power may undo the last writes, and never damages the file.
   */
  readonly durability?: 'full' | 'normal';
  /** Called when the disk is full. True: there is room again, so that the writes are tried once more. */
  readonly makeRoom?: () => boolean;
}

/** Called once all that follows from the present event has been done, but for what waits for another one. */
const { nextTick } = process;

interface PendingWrite {
  run(): void;
  commit(): void;
  fail(error: unknown): void;
  /** It was rejected for a reason of its own, so that it must not be tried again. */
  failed?: true;
  readonly quiet: boolean;
  readonly relaxed: boolean;
  /** Whether it is one statement, which alone is a transaction by itself. */
  readonly isSingle: () => boolean;
}

export interface WriteOptions {
  readonly quiet?: boolean;
  /** Done once the operating system has it; it reaches the disk with the next write that is not relaxed, or before. */
  readonly relaxed?: boolean;
  readonly isSingle?: () => boolean;
}

/**
 * One SQLite connection of this thread, with group commit: the writes requested in one turn of the event loop share one
 * transaction and one fsync, each in a savepoint of its own.
 *
 *     turn   write a ─┐
 *            write b ─┤
 *     next turn       BEGIN IMMEDIATE · a · b · COMMIT (fsync)   then a and b resolve
 *
 * The transaction begins and ends synchronously, so a read never sees uncommitted changes.
 */
export class Database {
  readonly watch: Watch;
  readonly #sqlite: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #dataVersion: StatementSync;
  readonly #walIndex: WalIndex;
  readonly #makeRoom: () => boolean;
  readonly #durability: 'full' | 'normal';
  /** What SQLite goes by at present. */
  #synchronous: 'full' | 'normal';
  #pending: PendingWrite[] = [];
  /** Of this connection. */
  #commits = 0;
  /** Of all others, as it was when it was asked for last. */
  #othersVersion = 0;
  /** The one that was asked for last. */
  #version: Version = { own: 0, others: 0 };
  /** Whether it was asked for since the event came that is being handled. */
  #isCurrent = false;

  constructor(path: string, { durability = 'full', makeRoom = () => false }: DatabaseOptions = {}) {
    this.#makeRoom = makeRoom;
    this.#durability = durability;
    this.#synchronous = durability;
    this.#sqlite = new DatabaseSync(path, { timeout: 10_000 });
    this.#sqlite.exec(`PRAGMA synchronous = ${durability}; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384`);
    this.#dataVersion = this.#sqlite.prepare('PRAGMA data_version');
    this.#dataVersion.setReturnArrays(true);
    this.#walIndex = new WalIndex(path);
    this.watch = new Watch(() => this.othersVersion);
  }

  /** Another one after each commit, by this connection or any other; the same object where there was none. */
  get version(): Version {
    const [own, others] = [this.#commits, this.othersVersion];
    if (this.#version.own !== own || this.#version.others !== others) this.#version = { own, others };
    return this.#version;
  }

  /**
   * Another one after each commit by another connection. It is asked for once for all that follows from one event, such as
   * a request. What was committed before the event is seen.
   */
  get othersVersion(): number {
    if (this.#isCurrent) return this.#othersVersion;
    // In this order: a commit between the two is seen the next time.
    if (this.#walIndex.hasChanged()) {
      this.#othersVersion = Number((this.#dataVersion.get() as unknown as readonly number[])[0]);
    }
    this.#isCurrent = true;
    nextTick(this.#endEvent);
    return this.#othersVersion;
  }

  readonly #endEvent = (): void => {
    this.#isCurrent = false;
  };

  /** Several statements at once, outside of group commit. */
  execute(sql: string): void {
    this.#sqlite.exec(sql);
    this.#commits++;
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined;
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[];
  }

  /** Row by row; do not write to the database while iterating. */
  *iterate(sql: string, ...values: SQLInputValue[]): Generator<Row, void, void> {
    const statement = this.#prepare(sql);
    // Out of the cache meanwhile: a statement cannot be started again while it is being iterated.
    this.#statements.delete(sql);
    try {
      yield* statement.iterate(...values) as Iterable<Row>;
    } finally {
      this.#statements.set(sql, statement);
    }
  }

  /** Only within `write`. Returns how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /**
   * Resolves with what `work` returned once its changes are committed; rejects with what it threw, and then its changes
   * are rolled back. `work` is synchronous. Throws `UnavailableError` if the database is locked for ten seconds or
   * cannot write. `quiet`: what it changes is nothing that a listener of `watch` waits for. `relaxed`: a loss of power may
   * undo it, as long as no other write has followed. `isSingle`: asked when it is about to run, whether it is one
   * statement, by `all`; then it needs no others to begin and to commit it.
   */
  write<T>(work: () => T, { quiet = false, relaxed = false, isSingle = () => false }: WriteOptions = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: T;
      this.#pending.push({
        run: () => {
          result = work();
        },
        commit: () => resolve(result),
        fail: reject,
        quiet,
        relaxed,
        isSingle,
      });
      if (this.#pending.length === 1) setImmediate(() => this.#flush());
    });
  }

  /** Commits the pending writes first. */
  close(): void {
    if (!this.#sqlite.isOpen) return;
    this.#flush();
    this.watch.close();
    this.#walIndex.close();
    this.#sqlite.close();
  }

  #flush(): void {
    const writes = this.#pending;
    this.#pending = [];
    if (writes.length === 0) return;
    let done: PendingWrite[];
    try {
      done = this.#transact(writes);
    } catch (error) {
      const unavailable = new UnavailableError(`the database cannot write: ${(error as Error).message}`);
      // Writes that failed by themselves are rejected already; a promise settles only once.
      for (const write of writes) write.fail(unavailable);
      return;
    }
    this.#commits++;
    for (const write of done) write.commit();
    if (done.some((write) => !write.quiet)) this.watch.notify();
  }

  /** The writes that succeeded, in one transaction. On a full disk, once more where there is room again. */
  #transact(writes: readonly PendingWrite[]): PendingWrite[] {
    try {
      return this.#inTransaction(writes);
    } catch (error) {
      if (!isFull(error) || !this.#makeRoom()) throw error;
      return this.#inTransaction(writes.filter(({ failed }) => !failed));
    }
  }

  /** Writes that share a transaction are on the disk where one of them has to be. */
  #expectDurability(writes: readonly PendingWrite[]): void {
    const wanted = writes.every(({ relaxed }) => relaxed) ? 'normal' : this.#durability;
    if (wanted === this.#synchronous) return;
    this.#sqlite.exec(`PRAGMA synchronous = ${wanted}`);
    this.#synchronous = wanted;
  }

  #inTransaction(writes: readonly PendingWrite[]): PendingWrite[] {
    this.#expectDurability(writes);
    const [only] = writes;
    if (only !== undefined && writes.length === 1 && only.isSingle()) {
      only.run();
      return [only];
    }
    try {
      this.#prepare('BEGIN IMMEDIATE').run();
      // A write that shares its transaction with no other needs no savepoint, which would be two more statements.
      const alone = writes.length === 1;
      const done = writes.filter((write) => (alone ? this.#attemptAlone(write) : this.#attempt(write)));
      if (this.#sqlite.isTransaction) this.#prepare('COMMIT').run();
      return done;
    } catch (error) {
      if (this.#sqlite.isOpen && this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK');
      throw error;
    }
  }

  /** The transaction is this write's own, and is over if the write fails. */
  #attemptAlone(write: PendingWrite): boolean {
    try {
      write.run();
    } catch (error) {
      if (!this.#sqlite.isTransaction || isFull(error)) throw error;
      this.#prepare('ROLLBACK').run();
      reject(write, error);
      return false;
    }
    return true;
  }

  #attempt(write: PendingWrite): boolean {
    this.#prepare('SAVEPOINT one_write').run();
    try {
      write.run();
    } catch (error) {
      // On a full disk or an I/O error SQLite itself may roll back the whole transaction: all writes fail.
      if (!this.#sqlite.isTransaction || isFull(error)) throw error;
      this.#prepare('ROLLBACK TO one_write').run();
      this.#prepare('RELEASE one_write').run();
      reject(write, error);
      return false;
    }
    this.#prepare('RELEASE one_write').run();
    return true;
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#sqlite.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function reject(write: PendingWrite, error: unknown): void {
  write.failed = true;
  write.fail(translate(error));
}

/** SQLITE_FULL; or SQLITE_IOERR, where what could not be written is shared memory. */
const FULL = [13, 10];

const isFull = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && FULL.includes(Number(error.errcode) % 256);

const translate = (error: unknown): unknown =>
  error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR'
    ? new UnavailableError(`the database cannot write: ${error.message}`)
    : error;
