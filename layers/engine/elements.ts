/** A tensor's elements as bytes, as in memory and in files: little-endian, one after another. */
import { type DataOf, type Tensor, type TensorOf, tensor } from './tensor.ts';
import { bytesPerElement, type DType, ShapeError, sizeOf } from './type.ts';

/** Element types with a fixed number of bytes. */
export type FixedDType = Exclude<DType, 'string'>;

type Place = readonly [buffer: ArrayBufferLike, offset: number, elements: number];

const arrays: { readonly [D in FixedDType]: (...place: Place) => DataOf[D] } = {
  float16: (...place) => new Uint16Array(...place),
  bfloat16: (...place) => new Uint16Array(...place),
  float32: (...place) => new Float32Array(...place),
  float64: (...place) => new Float64Array(...place),
  int64: (...place) => new BigInt64Array(...place),
  int32: (...place) => new Int32Array(...place),
  bool: (...place) => new Uint8Array(...place),
};

/**
 * The memory of a tensor's elements, without copying it.
 * @throws ShapeError for strings
 */
export function bytesOf({ data }: Tensor): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw new ShapeError('strings have no bytes of a fixed number');
}

/**
 * A tensor over bytes: a view if they are aligned to the element size, otherwise a copy.
 * @throws ShapeError if their number is not what the shape's elements take
 */
export function tensorOver<D extends FixedDType>(dtype: D, shape: readonly number[], bytes: Uint8Array): TensorOf<D> {
  const wanted = sizeOf(shape) * bytesPerElement[dtype];
  if (bytes.byteLength !== wanted)
    throw new ShapeError(`a tensor ${dtype}[${shape}] has ${wanted} bytes; got ${bytes.byteLength}`);
  const { buffer, byteOffset } = bytes.byteOffset % bytesPerElement[dtype] === 0 ? bytes : Uint8Array.from(bytes);
  return tensor<D>(dtype, shape, arrays[dtype](buffer, byteOffset, sizeOf(shape)));
}
