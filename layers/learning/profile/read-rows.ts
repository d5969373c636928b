import type { Batch } from '../files/batch.ts';
import { Cells } from '../files/cells.ts';
import { ColumnMemory } from '../files/column-memory.ts';
import { RowGroup } from '../files/parquet-group.ts';
import { ColumnThreads } from './column-threads.ts';
import type { TableSummary } from './table.ts';

/** With less, a thread takes longer to start than to read. */
const ENOUGH_BYTES = 4 * 1_048_576;

/** Adds rows to a summary: of a large table, other threads read some columns. */
export class ReadRows implements AsyncDisposable {
  readonly #count: number;
  #threads: ColumnThreads | undefined;
  #bytes = 0;
  readonly #memories = new ColumnMemory();

  /**
   * @param threads how many read the columns, this one included
   * @param bytes of the file, as far as they are known: the threads of a large one start at once
   */
  constructor(threads = 1, bytes = 0) {
    this.#count = threads;
    this.#startIf(bytes);
  }

  async add(table: TableSummary, rows: Batch | RowGroup): Promise<void> {
    if (rows instanceof RowGroup) return this.#addGroup(table, rows);
    if (rows instanceof Cells) this.#bytes += rows.bytes.length;
    this.#startIf(this.#bytes);
    if (this.#threads && rows instanceof Cells) {
      table.addCells(rows, await this.#threads.add(rows, table.rows, () => table.setups));
    } else table.add(rows);
  }

  async #addGroup(table: TableSummary, group: RowGroup): Promise<void> {
    const compare = () => table.compareGroup(group);
    const read = async (column: number): Promise<void> => {
      const memory = this.#memories.take(group.bytesOf(column));
      table.addColumn(await group.column(column, memory), column);
      this.#memories.give(memory);
    };
    if (this.#threads) {
      const memories = this.#memories;
      await this.#threads.addGroup(group, table.rows, () => table.setups, { read, besides: compare, memories });
    } else {
      await group.besides;
      for (const column of table.setups.keys()) await read(column);
      await compare();
    }
    table.endGroup(group);
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
