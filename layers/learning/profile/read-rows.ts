import type { Batch } from '../files/batch.ts';
import { Cells } from '../files/cells.ts';
import { ParquetBatch } from '../files/parquet-batch.ts';
import { ColumnThreads } from './column-threads.ts';
import type { TableSummary } from './table.ts';

/** With less, a thread takes longer to start than to read. */
const ENOUGH_BYTES = 4 * 1_048_576;

/** Adds rows to a summary: of a large table, other threads read some columns. */
export class ReadRows implements AsyncDisposable {
  readonly #count: number;
  #threads: ColumnThreads | undefined;
  #bytes = 0;

  /**
   * @param threads how many read the columns, this one included
   * @param bytes of the file, as far as they are known: the threads of a large one start at once
   */
  constructor(threads = 1, bytes = 0) {
    this.#count = threads;
    this.#startIf(bytes);
  }

  async add(table: TableSummary, batch: Batch): Promise<void> {
    if (batch instanceof Cells) this.#bytes += batch.bytes.length;
    this.#startIf(this.#bytes);
    const threads = this.#threads;
    if (threads && batch instanceof Cells) {
      table.addCells(batch, await threads.add(batch, table.rows, () => table.setups));
    } else if (threads && batch instanceof ParquetBatch) {
      await threads.addGroup(batch, table.rows, () => table.setups, {
        read: (column) => table.addColumn(batch, column),
        besides: () => table.compareGroup(batch),
      });
      table.endGroup(batch);
    } else {
      if (batch instanceof ParquetBatch) await batch.besides;
      table.add(batch);
    }
  }

  #startIf(bytes: number): void {
    if (this.#count > 1 && bytes >= ENOUGH_BYTES) this.#threads ??= new ColumnThreads(this.#count);
  }

  /** Waits for the other threads; then the summary knows all rows. */
  async end(table: TableSummary): Promise<void> {
    if (this.#threads) table.restoreColumns(await this.#threads.states());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#threads?.[Symbol.asyncDispose]();
  }
}
