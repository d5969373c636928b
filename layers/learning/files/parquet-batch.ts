/** The rows of a row group, of which each column is unpacked when it is needed. */
import type { Batch } from './batch.ts';
import type { ParquetColumn } from './parquet-columns.ts';

/** @param most how many rows are needed */
export type OpenColumn = (column: number, most: number) => ParquetColumn;

export class ParquetBatch implements Batch {
  readonly rows: number;
  readonly #open: OpenColumn;
  readonly #columns: (ParquetColumn | undefined)[] = [];

  constructor(rows: number, open: OpenColumn) {
    this.rows = rows;
    this.#open = open;
  }

  /** The column, which is not kept: those that are read one after another are in memory one by one. */
  column(column: number): ParquetColumn {
    return this.#columns[column] ?? this.#open(column, this.rows);
  }

  text(row: number, column: number): string {
    this.#columns[column] ??= this.#open(column, this.rows);
    return this.#columns[column].text(row);
  }

  /** The first rows alone, for which fewer pages are unpacked. */
  first(rows: number): ParquetBatch {
    return new ParquetBatch(Math.min(rows, this.rows), this.#open);
  }
}
