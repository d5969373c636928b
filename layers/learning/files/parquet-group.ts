/** A row group whose columns are read from the file one by one, when they are needed. */
import type { FileBytes } from './file-bytes.ts';
import { ParquetBatch } from './parquet-batch.ts';
import { beginningOf } from './parquet-beginning.ts';
import { bytesForRows, type ChunkOf, type PackedColumn, rangeOf } from './parquet-chunk.ts';
import type { ParquetColumn } from './parquet-columns.ts';
import { ofDamage } from './parquet-damage.ts';

/** Of a column whose first rows are wanted, so many bytes are asked for first. */
const FIRST_BYTES = 65_536;

export interface RowGroupOf {
  readonly file: FileBytes;
  readonly rows: number;
  /** In the order of the header. */
  readonly columns: readonly ChunkOf[];
  /** What this thread has to do as well: better while others read columns. */
  readonly besides: Promise<void> | undefined;
}

export class RowGroup {
  readonly rows: number;
  readonly besides: Promise<void> | undefined;
  readonly #file: FileBytes;
  readonly #columns: readonly ChunkOf[];

  constructor({ file, rows, columns, besides }: RowGroupOf) {
    this.rows = rows;
    this.besides = besides;
    this.#file = file;
    this.#columns = columns;
  }

  /** How many columns it has. */
  get width(): number {
    return this.#columns.length;
  }

  /** How many bytes the column has in the file, which may be shorter than it says. */
  bytesOf(column: number): number {
    const { start, end } = rangeOf(this.#columns[column]!);
    return Math.max(0, Math.min(end, this.#file.size) - start);
  }

  /**
   * A column as it lies in the file.
   * @param into memory for at least `bytesOf(column)`, which others may read. Default: memory of its own
   * @throws ValidationError with field `file`
   */
  column(column: number, into?: Uint8Array): Promise<PackedColumn> {
    const of = this.#columns[column]!;
    const { start, end } = rangeOf(of);
    return damage(async () => ({ of, bytes: await this.#file.range(start, end, into) }));
  }

  /** All columns. */
  whole(): Promise<ParquetBatch> {
    return this.#batch(this.rows, (column) => this.column(column));
  }

  /** The first rows alone, for which less is read. Throws `ValidationError` with field `file`. */
  first(rows: number): Promise<ParquetBatch> {
    const most = Math.min(rows, this.rows);
    return this.#batch(most, (column) => damage(() => this.#beginning(this.#columns[column]!, most)));
  }

  async #batch(rows: number, read: (column: number) => Promise<PackedColumn | ParquetColumn>): Promise<ParquetBatch> {
    const columns: (PackedColumn | ParquetColumn)[] = [];
    for (const column of this.#columns.keys()) columns.push(await read(column));
    return new ParquetBatch(rows, columns);
  }

  async #beginning(of: ChunkOf, rows: number): Promise<PackedColumn | ParquetColumn> {
    const found = await beginningOf(this.#file, of, rows);
    if (found) return found;
    const { start, end } = rangeOf(of);
    for (let wanted = FIRST_BYTES; ; ) {
      const stop = Math.min(end, start + wanted);
      const bytes = await this.#file.range(start, stop);
      const needed = bytesForRows(bytes, rows);
      // A file may be shorter than it says.
      if (needed <= bytes.length || bytes.length < stop - start || stop === end) return { of, bytes };
      wanted = Math.max(needed, 2 * wanted);
    }
  }
}

async function damage<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw ofDamage(error);
  }
}
