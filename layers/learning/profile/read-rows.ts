import { type Directory, groupRows } from '../columns/layout.ts';
import type { Chunk } from '../columns/recorder.ts';
import { Recording } from '../columns/recording.ts';
import { ColumnsWriter, type StoreColumns } from '../columns/write.ts';
import type { Batch } from '../files/batch.ts';
import { asCells, Cells } from '../files/cells.ts';
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
  #recording: Recording | undefined;
  #columns: ColumnsWriter | undefined;

  /**
   * @param threads how many read the columns, this one included
   * @param bytes of the file, as far as they are known: the threads of a large one start at once
   */
  constructor(threads = 1, bytes = 0) {
    this.#count = threads;
    this.#startIf(bytes);
  }

  /** Records the cells from now on, before the first ones. */
  record(table: TableSummary, columns: number, store: StoreColumns): void {
    const writer = new ColumnsWriter(columns, store);
    const emit = (chunk: Chunk) => writer.take(chunk);
    this.#columns = writer;
    this.#recording = new Recording({ groupRows: groupRows(columns), emit });
    table.recording = this.#recording;
    if (this.#threads) this.#threads.onChunk = emit;
  }

  async add(table: TableSummary, rows: Batch | RowGroup): Promise<void> {
    if (rows instanceof RowGroup) return this.#addGroup(table, rows);
    await this.#columns?.room();
    if (rows instanceof Cells) this.#bytes += rows.bytes.length;
    this.#startIf(this.#bytes);
    // A column has one reader for all rows, also for those that did not come as cells.
    if (this.#threads) {
      for (const cells of asCells(rows, table.width))
        table.addCells(cells, await this.#threads.add(cells, table.rows, () => table.setups));
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
      for (let column = 0; column < group.width; column++) await read(column);
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

  /** Ends what was recorded, after all rows. */
  async endRecording(of: Omit<Directory, 'columns'>, header: readonly string[]): Promise<void> {
    if (!this.#columns || !this.#recording) return;
    const found = new Map([...this.#recording.end(), ...(this.#threads?.recorded ?? [])]);
    const columns = header.map((name, i) => ({ name, recorded: found.get(i) ?? { as: 'nothing' as const } }));
    await this.#columns.end({ ...of, columns });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#columns?.abort(new Error('the table was not read to its end'));
    await this.#threads?.[Symbol.asyncDispose]();
  }
}
