import { fromHalfBits, toHalfBits } from './half.ts';
import { type DType, formatShape, ShapeError, sizeOf, type Type } from './type.ts';

/** The array type for each element type. A bool is a byte, 0 or 1. A 16-bit float is stored as its bits. */
export interface DataOf {
  readonly float16: Uint16Array;
  readonly bfloat16: Uint16Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly int64: BigInt64Array;
  readonly int32: Int32Array;
  readonly bool: Uint8Array;
  readonly string: readonly string[];
}

/** Elements with a shape, in row-major order. For several element types, this is the union of their tensors. */
export type TensorOf<D extends DType> = {
  [K in D]: { readonly dtype: K; readonly shape: readonly number[]; readonly data: DataOf[K] };
}[D];

export type Tensor = TensorOf<DType>;

/** Named tensors: feeds, results, parameters, the state of a training. */
export type Tensors = Readonly<Record<string, Tensor>>;

type FromNumbers = { readonly [D in DType]: (values: readonly (number | string)[]) => DataOf[D] };

const fromNumbers: FromNumbers = {
  float16: (values) => Uint16Array.from(values, (value) => toHalfBits('float16', Number(value))),
  bfloat16: (values) => Uint16Array.from(values, (value) => toHalfBits('bfloat16', Number(value))),
  float32: (values) => Float32Array.from(values, Number),
  float64: (values) => Float64Array.from(values, Number),
  int64: (values) => BigInt64Array.from(values, (value) => BigInt(integer('int64', value))),
  int32: (values) => Int32Array.from(values, (value) => Number(integer('int32', value))),
  bool: (values) => Uint8Array.from(values, (value) => (Number(value) === 0 ? 0 : 1)),
  string: (values) => values.map(String),
};

/** @throws ShapeError for a number with a fraction, which would be lost */
function integer<V extends number | string>(dtype: DType, value: V): V {
  if (typeof value === 'string' || Number.isInteger(value)) return value;
  throw new ShapeError(`${dtype} wants an integer; got ${value}`);
}

/**
 * A tensor over the given array, which is not copied.
 * @throws ShapeError if the array's length is not the shape's size
 */
export function tensor<D extends DType>(dtype: D, shape: readonly number[], data: DataOf[D]): TensorOf<D> {
  const size = sizeOf(shape);
  if (data.length !== size)
    throw new ShapeError(`a tensor of shape ${formatShape(shape)} has ${size} elements; got ${data.length}`);
  // The compiler cannot see that a mapped type over one key is that key's entry.
  return { dtype, shape, data } as TensorOf<D>;
}

/**
 * A tensor from plain numbers (or strings), converted to the element type.
 * @throws ShapeError if their number is not the shape's size, or if one must be an integer and is not
 */
export function tensorFrom<D extends DType>(
  dtype: D,
  shape: readonly number[],
  values: readonly (number | string)[],
): TensorOf<D> {
  return tensor<D>(dtype, shape, fromNumbers[dtype](values));
}

type Filled = { readonly [D in DType]: (size: number, value: number) => DataOf[D] };

const filledWith: Filled = {
  float16: (size, value) => new Uint16Array(size).fill(toHalfBits('float16', value)),
  bfloat16: (size, value) => new Uint16Array(size).fill(toHalfBits('bfloat16', value)),
  float32: (size, value) => (Object.is(value, 0) ? new Float32Array(size) : new Float32Array(size).fill(value)),
  float64: (size, value) => new Float64Array(size).fill(value),
  int64: (size, value) => new BigInt64Array(size).fill(BigInt(value)),
  int32: (size, value) => new Int32Array(size).fill(value),
  bool: (size, value) => new Uint8Array(size).fill(value === 0 ? 0 : 1),
  string: (size, value) => new Array<string>(size).fill(String(value)),
};

/** A tensor with the same value everywhere. Zeros take no memory until they are written over. */
export function filled<D extends DType>(dtype: D, shape: readonly number[], value: number): TensorOf<D> {
  return tensor<D>(dtype, shape, filledWith[dtype](sizeOf(shape), value));
}

export function scalar<D extends DType>(dtype: D, value: number): TensorOf<D> {
  return tensorFrom(dtype, [], [value]);
}

/** The elements as numbers. A string that is not a number becomes NaN. */
export function toNumbers(t: Tensor): number[] {
  if (t.dtype === 'float16' || t.dtype === 'bfloat16') return Array.from(t.data, (bits) => fromHalfBits(t.dtype, bits));
  return Array.from<number | bigint | string, number>(t.data, Number);
}

export function typeOf(t: Tensor): Type {
  return { dtype: t.dtype, shape: t.shape };
}

/**
 * Returns the tensor if it has this element type.
 * @throws ShapeError
 */
export function expectTensor<D extends DType>(name: string, t: Tensor | undefined, dtype: D): TensorOf<D> {
  if (t === undefined) throw new ShapeError(`tensor '${name}' is missing`);
  if (!hasDType(t, dtype)) throw new ShapeError(`tensor '${name}' must be ${dtype}; got ${t.dtype}`);
  return t;
}

function hasDType<D extends DType>(t: Tensor, dtype: D): t is Tensor & TensorOf<D> {
  return t.dtype === dtype;
}
