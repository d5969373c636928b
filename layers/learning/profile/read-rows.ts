import type { Batch } from '../files/batch.ts';
import { Cells } from '../files/cells.ts';
import { ColumnThreads } from './column-threads.ts';
import type { TableSummary } from './table.ts';

/** With less, a thread takes longer to start than to read. */
const ENOUGH_BYTES = 4 * 1_048_576;

/** Adds rows to a summary: of a large table of cells, other threads read some columns. */
export class ReadRows implements AsyncDisposable {
  readonly #table: TableSummary;
  readonly #count: number;
  #threads: ColumnThreads | undefined;
  #bytes = 0;

  constructor(table: TableSummary, threads = 1) {
    this.#table = table;
    this.#count = threads;
  }

  async add(batch: Batch): Promise<void> {
    if (!(batch instanceof Cells) || this.#count === 1) {
      this.#table.add(batch);
      return;
    }
    this.#bytes += batch.bytes.length;
    if (this.#bytes >= ENOUGH_BYTES) this.#threads ??= new ColumnThreads(this.#table.setups, this.#count);
    await this.#threads?.add(batch, this.#table.rows);
    this.#table.addCells(batch, this.#threads?.own);
  }

  /** Waits for the other threads; then the summary knows all rows. */
  async end(): Promise<void> {
    if (!this.#threads) return;
    this.#table.restoreColumns(await this.#threads.states());
    await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#threads?.close();
    this.#threads = undefined;
  }
}
