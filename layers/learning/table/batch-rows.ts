import type { Batch } from '../files/batch.ts';
import { asCells, type Cells } from '../files/cells.ts';
import { ParquetBatch } from '../files/parquet-batch.ts';
import type { CellReader, Picked } from '../values/cell-readers.ts';
import type { CellRows } from './cell-rows.ts';
import { ParquetRows } from './parquet-rows.ts';

/** The rows of a batch, in one piece or several. */
export function* cellRowsOf(batch: Batch, columns: number): Generator<CellRows> {
  if (batch instanceof ParquetBatch) yield new ParquetRows(batch);
  else for (const cells of asCells(batch, columns)) yield new TextRows(cells);
}

export class TextRows implements CellRows {
  readonly rows: number;
  readonly cells: Cells;

  constructor(cells: Cells) {
    this.rows = cells.rows;
    this.cells = cells;
  }

  read(column: number, { read, readMany }: CellReader, into: Float64Array | Int32Array, picked: Picked): void {
    const { bytes, starts, ends, columns } = this.cells;
    if (readMany) {
      readMany({ bytes, starts, ends, columns, column }, into, picked);
      return;
    }
    const { rows, from, to, at } = picked;
    for (let i = from; i < to; i++) {
      const place = rows[i]! * columns + column;
      into[at + i - from] = read(bytes, starts[place]!, ends[place]!);
    }
  }
}
