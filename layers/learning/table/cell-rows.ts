/** Cells as the numbers that a reader makes of them, whatever they were stored as. */
import type { CellReader } from '../values/cell-readers.ts';

/** Some of the rows, and into which place their values go. */
export interface Picked {
  /** In ascending order. Of these the ones from `from` up to but without `to`. */
  readonly rows: Int32Array;
  readonly from: number;
  readonly to: number;
  readonly at: number;
}

export interface CellRows {
  readonly rows: number;
  read(column: number, reader: CellReader, into: Float64Array | Int32Array, picked: Picked): void;
}
