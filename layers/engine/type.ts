/** The element types of real numbers, by their ONNX names. */
export type FloatType = 'float16' | 'bfloat16' | 'float32' | 'float64';

/** The 16-bit ones, with five bits of exponent, or with eight as in float32. */
export type HalfType = 'float16' | 'bfloat16';

/** Element types, by their ONNX names. */
export type DType = FloatType | 'int64' | 'int32' | 'bool' | 'string';

/** The bytes per element. A string's type does not determine its size. */
export const bytesPerElement: Readonly<Record<Exclude<DType, 'string'>, number>> = {
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
  int64: 8,
  int32: 4,
  bool: 1,
};

/** A dimension: a number, or the name of one that is known only when the graph runs (`'rows'`). */
export type Dim = number | string;

/** Dimensions, outermost first; `[]` is a scalar. */
export type Shape = readonly Dim[];

/** What is known about a value before the graph runs. */
export interface Type {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** An operation received something that it cannot take. `Builder` adds the operation, its inputs and the place. */
export class ShapeError extends Error {
  override readonly name: string = 'ShapeError';
  /** The place in the model, which is also in the message. '' if it is not known. */
  readonly place: string;

  constructor(message: string, place = '') {
    super(message);
    this.place = place;
  }
}

/** `type('float32', ['rows', 4])`. */
export function type(dtype: DType, shape: Shape): Type {
  return { dtype, shape };
}

/** `float32['rows', 4]`, as error messages print it. */
export function formatType({ dtype, shape }: Type): string {
  return `${dtype}${formatShape(shape)}`;
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

export function isFloat(dtype: DType): dtype is FloatType {
  return dtype === 'float32' || dtype === 'float64' || isHalf(dtype);
}

export function isHalf(dtype: DType): dtype is HalfType {
  return dtype === 'float16' || dtype === 'bfloat16';
}

export function isInteger(dtype: DType): dtype is 'int32' | 'int64' {
  return dtype === 'int32' || dtype === 'int64';
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** Whether every dimension is a number. */
export function isStatic(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === 'number');
}

/**
 * The shape as numbers.
 * @throws ShapeError naming the symbolic dimension
 */
export function staticShape(shape: Shape): number[] {
  return shape.map((dim) => {
    if (typeof dim === 'number') return dim;
    throw new ShapeError(`wants a shape known in advance; got ${formatShape(shape)}`);
  });
}

/** The number of elements of a static shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/**
 * The shape to which operands of these shapes broadcast, by NumPy's rule: shapes are aligned at the last axis, and 1
 * expands. A symbolic dimension equals only itself, and only a 1 expands to it.
 * @throws ShapeError
 */
export function broadcastShapes(...shapes: readonly Shape[]): Dim[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let result: Dim = 1;
    for (const shape of shapes) {
      const dim = shape[axis - rank + shape.length] ?? 1;
      if (dim === 1 || dim === result) continue;
      if (result !== 1) throw new ShapeError(`cannot broadcast ${shapes.map(formatShape).join(' with ')}`);
      result = dim;
    }
    return result;
  });
}

/**
 * The axis, counted from the front.
 * @throws ShapeError if the axis is outside the rank
 */
export function normalizeAxis(axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  throw new ShapeError(`axis must be between ${-rank} and ${rank - 1}; got ${axis}`);
}
