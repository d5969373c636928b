import { tensorOver } from '../elements.ts';
import type { Tensors } from '../tensor.ts';
import { type RowType, rowBytes } from './format.ts';

/** Memory for a fixed number of rows, which is reused. */
export class RowBuffer {
  readonly #types: Readonly<Record<string, RowType>>;
  readonly #buffers: Readonly<Record<string, ArrayBuffer>>;

  constructor(types: Readonly<Record<string, RowType>>, rows: number) {
    this.#types = types;
    this.#buffers = Object.fromEntries(
      Object.entries(types).map(([name, row]) => [name, new ArrayBuffer(rows * rowBytes(row))]),
    );
  }

  /** The bytes of some rows of one tensor, for writing. */
  bytes(name: string, from: number, to: number): Uint8Array {
    const width = rowBytes(this.#types[name]!);
    return new Uint8Array(this.#buffers[name]!, from * width, (to - from) * width);
  }

  /** The rows from `from` to before `to`, as tensors. They change when the memory is reused. */
  tensors(to: number, from = 0): Tensors {
    return Object.fromEntries(
      Object.entries(this.#types).map(([name, row]) => {
        const { dtype, shape } = row;
        return [name, tensorOver(dtype, [to - from, ...shape], this.bytes(name, from, to))];
      }),
    );
  }

  /** Copies individual rows of another buffer to the beginning of this one. */
  take(from: RowBuffer, rows: Int32Array): void {
    for (const name of Object.keys(this.#types))
      for (const [i, row] of rows.entries()) this.bytes(name, i, i + 1).set(from.bytes(name, row, row + 1));
  }
}
