/** The rows of a row group, of which each column is unpacked when it is needed. */
import type { Batch } from './batch.ts';
import { type PackedColumn, unpacked } from './parquet-chunk.ts';
import { ParquetColumn } from './parquet-columns.ts';

export class ParquetBatch implements Batch {
  readonly rows: number;
  readonly #given: readonly (PackedColumn | ParquetColumn)[];
  readonly #columns: (ParquetColumn | undefined)[] = [];

  /** @param columns as they lie in the file, at least up to these rows, or unpacked */
  constructor(rows: number, columns: readonly (PackedColumn | ParquetColumn)[]) {
    this.rows = rows;
    this.#given = columns;
  }

  /** The column, which is not kept: those that are read one after another are in memory one by one. */
  column(column: number): ParquetColumn {
    const given = this.#columns[column] ?? this.#given[column]!;
    return given instanceof ParquetColumn ? given : unpacked(given, this.rows);
  }

  text(row: number, column: number): string {
    this.#columns[column] ??= this.column(column);
    return this.#columns[column].text(row);
  }
}
