import { type Tensor, type Tensors, tensor } from '../tensor.ts';
import { sizeOf } from '../type.ts';
import { type RowDType, type RowType, rowBytes, ShardError } from './format.ts';

/** The bytes of a tensor's elements, not copied. */
export function bytesOf({ dtype, data }: Tensor): Uint8Array {
  if (dtype === 'string') throw new ShardError('strings cannot lie in shards');
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

type View = { readonly [D in RowDType]: (buffer: ArrayBuffer, elements: number, shape: number[]) => Tensor };

const views: View = {
  float16: (buffer, elements, shape) => tensor('float16', shape, new Uint16Array(buffer, 0, elements)),
  bfloat16: (buffer, elements, shape) => tensor('bfloat16', shape, new Uint16Array(buffer, 0, elements)),
  float32: (buffer, elements, shape) => tensor('float32', shape, new Float32Array(buffer, 0, elements)),
  float64: (buffer, elements, shape) => tensor('float64', shape, new Float64Array(buffer, 0, elements)),
  int64: (buffer, elements, shape) => tensor('int64', shape, new BigInt64Array(buffer, 0, elements)),
  int32: (buffer, elements, shape) => tensor('int32', shape, new Int32Array(buffer, 0, elements)),
  bool: (buffer, elements, shape) => tensor('bool', shape, new Uint8Array(buffer, 0, elements)),
};

/** Memory for so many rows, used again and again. */
export class RowBuffer {
  readonly #types: Readonly<Record<string, RowType>>;
  readonly #buffers: Readonly<Record<string, ArrayBuffer>>;

  constructor(types: Readonly<Record<string, RowType>>, rows: number) {
    this.#types = types;
    this.#buffers = Object.fromEntries(
      Object.entries(types).map(([name, row]) => [name, new ArrayBuffer(rows * rowBytes(row))]),
    );
  }

  /** The bytes of some rows of one tensor, to write to. */
  bytes(name: string, from: number, to: number): Uint8Array {
    const width = rowBytes(this.#types[name]!);
    return new Uint8Array(this.#buffers[name]!, from * width, (to - from) * width);
  }

  /** The first rows as tensors, which change when the memory is used again. */
  tensors(rows: number): Tensors {
    return Object.fromEntries(
      Object.entries(this.#types).map(([name, row]) => {
        const { dtype, shape } = row;
        return [name, views[dtype](this.#buffers[name]!, rows * sizeOf(shape), [rows, ...shape])];
      }),
    );
  }

  /** Copies single rows of another to the beginning of this one. */
  take(from: RowBuffer, rows: Int32Array): void {
    for (const name of Object.keys(this.#types))
      for (const [i, row] of rows.entries()) this.bytes(name, i, i + 1).set(from.bytes(name, row, row + 1));
  }
}
