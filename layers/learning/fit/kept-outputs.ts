/**
 * What a fitted network says of the rows by which it is judged. The fit computes it for its scores; the assessment and the
 * pictures are of the same.
 */
import type { Tensors } from '#engine/tensor.ts';
import { type EncodedRows, isSharded, rowsOf } from './rows.ts';

/** The outputs of some rows, `width` of them a row, and the rows' targets as they are encoded. */
export interface Outputs {
  readonly values: Float32Array | Float64Array;
  readonly width: number;
  readonly truths: Int32Array | Float32Array | Float64Array;
  /** The rows themselves. */
  readonly piece: Tensors;
}

/** Of more numbers, nothing is kept. */
const MOST_NUMBERS = 2 ** 24;

const kept = new WeakMap<Tensors, { readonly rows: EncodedRows; readonly pieces: readonly Outputs[] }>();

/** All pieces, if they are known for these parameters and rows. */
export function keptOutputs(parameters: Tensors, rows: EncodedRows): readonly Outputs[] | undefined {
  const known = kept.get(parameters);
  return known?.rows === rows ? known.pieces : undefined;
}

/** Collects the outputs for rows in memory, one piece after another. */
export class OutputsKeeper {
  readonly #rows: EncodedRows;
  readonly #pieces: Outputs[] = [];
  #numbers = 0;
  #count = 0;

  constructor(rows: EncodedRows) {
    this.#rows = rows;
  }

  add(outputs: Outputs): void {
    this.#numbers += outputs.values.length;
    this.#count += outputs.values.length / Math.max(1, outputs.width);
    if (this.#fits) this.#pieces.push(outputs);
    else this.#pieces.length = 0;
  }

  /** What was collected is what these parameters say, if it is of all rows. */
  keep(parameters: Tensors): void {
    if (this.#fits && this.#count === rowsOf(this.#rows))
      kept.set(parameters, { rows: this.#rows, pieces: this.#pieces });
  }

  /** Rows of shards are overwritten by those of the next one. */
  get #fits(): boolean {
    return this.#numbers <= MOST_NUMBERS && !isSharded(this.#rows);
  }
}
