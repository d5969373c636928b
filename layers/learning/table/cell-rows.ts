/** Cells as the numbers that a reader makes of them, whatever they were stored as. */
import type { CellReader, Picked } from '../values/cell-readers.ts';

export interface CellRows {
  readonly rows: number;
  read(column: number, reader: CellReader, into: Float64Array | Int32Array, picked: Picked): void;
}
