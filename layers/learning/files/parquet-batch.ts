/** The rows of a row group, of which each column is unpacked when it is needed. */
import type { Batch } from './batch.ts';
import { type PackedColumn, streamed, unpacked } from './parquet-chunk.ts';
import type { ParquetColumn, StreamedColumn } from './parquet-columns.ts';

export class ParquetBatch implements Batch {
  readonly rows: number;
  /** As they lie in the file. */
  readonly packed: readonly PackedColumn[];
  /** What this thread has to do as well: better while others read columns. */
  readonly besides: Promise<void> | undefined;
  readonly #columns: (ParquetColumn | undefined)[] = [];

  constructor(rows: number, packed: readonly PackedColumn[], besides?: Promise<void>) {
    this.rows = rows;
    this.packed = packed;
    this.besides = besides;
  }

  /** The column, which is not kept: those that are read one after another are in memory one by one. */
  column(column: number): ParquetColumn {
    return this.#columns[column] ?? unpacked(this.packed[column]!, this.rows);
  }

  /** The same, page by page. */
  streamed(column: number): StreamedColumn {
    return streamed(this.packed[column]!);
  }

  text(row: number, column: number): string {
    this.#columns[column] ??= this.column(column);
    return this.#columns[column].text(row);
  }

  /** The first rows alone, for which fewer pages are unpacked. */
  first(rows: number): ParquetBatch {
    return new ParquetBatch(Math.min(rows, this.rows), this.packed);
  }
}
