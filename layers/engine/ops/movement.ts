import type { Builder, Value } from '../graph.ts';
import { type Op, zeroGradient } from '../op.ts';
import {
  broadcastShapes,
  type Dim,
  formatShape,
  isStatic,
  normalizeAxis,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
} from '../type.ts';
import { reduceSum } from './reduce.ts';

const shapeOp: Op<undefined> = {
  name: 'Shape',
  infer: ([x]) => [{ dtype: 'int64', shape: [x!.shape.length] }],
  vjp: zeroGradient,
};

/** The dimensions at run time, int64 [rank]. */
export const shapeOf = Object.assign((b: Builder, x: Value): Value => b.apply1(shapeOp, [x], undefined), {
  op: shapeOp,
});

const reshapeOp: Op<{ readonly shape: Shape }> = {
  name: 'Reshape',
  infer: ([x], { shape }) => {
    if (shape.filter((dim, axis) => typeof dim === 'string' && !keeps(x!.shape, shape, axis)).length > 1)
      throw new ShapeError(
        `wants at most one symbolic dimension that changes its place in ${formatShape(x!.shape)}; got ${formatShape(shape)}`,
      );
    const size = (s: Shape) => ({
      known: sizeOf(s.filter((dim) => typeof dim === 'number')),
      names: s
        .filter((dim) => typeof dim === 'string')
        .sort()
        .join(),
    });
    const [from, to] = [size(x!.shape), size(shape)];
    if (from.known !== to.known || from.names !== to.names)
      throw new ShapeError(`wants as many elements as ${formatShape(x!.shape)} has; got ${formatShape(shape)}`);
    return [{ dtype: x!.dtype, shape }];
  },
  vjp: (b, n, [ct]) => [reshape(b, ct!, n.inputs[0]!.type.shape)],
  emit: (w, n) => {
    const { shape } = n.attrs;
    const from = n.inputs[0]!.type.shape;
    const several = shape.filter((dim) => typeof dim === 'string').length > 1;
    const unknown = (axis: number) => (several && keeps(from, shape, axis) ? 0 : -1);
    const dims = shape.map((dim, axis) => (typeof dim === 'number' ? dim : unknown(axis)));
    w.same(n, 'Reshape', { allowzero: { int: shape.includes(0) ? 1 : 0 } }, [w.ints(dims)]);
  },
};

/** Whether a symbolic dimension is where it was, which ONNX writes as 0, unless a dimension really is 0. */
const keeps = (from: Shape, to: Shape, axis: number): boolean => !to.includes(0) && from[axis] === to[axis];

/** The same elements in another shape. One dimension may be -1 and is then inferred. */
export const reshape = Object.assign(
  (b: Builder, x: Value, shape: Shape): Value => {
    const resolved = resolveShape(x.type.shape, shape);
    return sameShape(x.type.shape, resolved) ? x : b.apply1(reshapeOp, [x], { shape: resolved });
  },
  { op: reshapeOp },
);

function resolveShape(from: Shape, to: Shape): Shape {
  if (!to.includes(-1)) return to;
  const rest = to.filter((dim) => dim !== -1);
  const names = from.filter((dim) => typeof dim === 'string' && !rest.includes(dim));
  const known = (s: Shape) => sizeOf(s.filter((dim) => typeof dim === 'number'));
  const left = known(from) / known(rest);
  const [name] = names;
  if (names.length > 1 || (name !== undefined && left !== 1) || !Number.isInteger(left))
    throw new ShapeError(`Reshape cannot tell the -1 in ${formatShape(to)} from ${formatShape(from)}`);
  return to.map((dim) => (dim === -1 ? (name ?? left) : dim));
}

const transposeOp: Op<{ readonly perm: readonly number[] }> = {
  name: 'Transpose',
  infer: ([x], { perm }) => {
    const axes = x!.shape.map((_, axis) => axis);
    if (perm.length !== axes.length || axes.some((axis) => !perm.includes(axis)))
      throw new ShapeError(`wants an order of the axes ${formatShape(axes)}; got ${formatShape(perm)}`);
    return [{ dtype: x!.dtype, shape: perm.map((axis) => x!.shape[axis]!) }];
  },
  vjp: (b, n, [ct]) => [
    transpose(
      b,
      ct!,
      n.attrs.perm.map((_, axis) => n.attrs.perm.indexOf(axis)),
    ),
  ],
  emit: (w, n) => w.same(n, 'Transpose', { perm: { ints: n.attrs.perm } }),
};

/** The axes in another order. By default, the last two are swapped. */
export const transpose = Object.assign(
  (b: Builder, x: Value, perm: readonly number[] = swapLast(x.type.shape.length)): Value =>
    perm.every((axis, i) => axis === i) && perm.length === x.type.shape.length
      ? x
      : b.apply1(transposeOp, [x], { perm }),
  { op: transposeOp },
);

function swapLast(rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return rank < 2 ? axes : [...axes.slice(0, -2), rank - 1, rank - 2];
}

const expandOp: Op<{ readonly shape: Shape }> = {
  name: 'Expand',
  infer: ([x], { shape }) => {
    if (!sameShape(broadcastShapes(x!.shape, shape), shape))
      throw new ShapeError(`cannot expand ${formatShape(x!.shape)} to ${formatShape(shape)}`);
    return [{ dtype: x!.dtype, shape }];
  },
  vjp: (b, n, [ct]) => [unbroadcast(b, ct!, n.inputs[0]!)],
  emit: (w, n) => w.same(n, 'Expand', {}, n.inputs.length === 2 ? [] : [w.ints(n.attrs.shape.map(Number))]),
};

/** Expands axes of size 1 to the shape of `like`. */
export const expandLike = Object.assign(
  (b: Builder, x: Value, like: Value): Value => {
    const { shape } = like.type;
    if (sameShape(x.type.shape, shape)) return x;
    return b.apply1(expandOp, isStatic(shape) ? [x] : [x, shapeOf(b, like)], { shape });
  },
  { op: expandOp },
);

/** Expands axes of size 1 to a shape that is known in advance. */
export function expand(b: Builder, x: Value, shape: readonly number[]): Value {
  return sameShape(x.type.shape, shape) ? x : b.apply1(expandOp, [x], { shape });
}

/** Expands axes of size 1 to a shape with symbolic dimensions. `dims` (int64 [rank]) has the shape at run time. */
export function expandTo(b: Builder, x: Value, shape: Shape, dims: Value): Value {
  return sameShape(x.type.shape, shape) ? x : b.apply1(expandOp, [x, dims], { shape });
}

/** Zeros with the type of `like`. */
export function zerosLike(b: Builder, like: Value): Value {
  return expandLike(b, b.scalar(like.type.dtype, 0), like);
}

interface AxesAttrs {
  readonly axes: readonly number[];
}

const unsqueezeOp: Op<AxesAttrs> = {
  name: 'Unsqueeze',
  infer: ([x], { axes }) => {
    if (new Set(axes).size !== axes.length) throw new ShapeError(`wants each axis once; got ${formatShape(axes)}`);
    const rest = x!.shape.values();
    const shape = Array.from(
      { length: x!.shape.length + axes.length },
      (_, axis): Dim => (axes.includes(axis) ? 1 : rest.next().value!),
    );
    return [{ dtype: x!.dtype, shape }];
  },
  vjp: (b, n, [ct]) => [squeeze(b, ct!, n.attrs.axes)],
  emit: (w, n) => w.same(n, 'Unsqueeze', {}, [w.ints(n.attrs.axes)]),
};

/** Inserts axes of size 1 at their positions in the result. */
export const unsqueeze = Object.assign(
  (b: Builder, x: Value, axes: readonly number[]): Value => {
    const rank = x.type.shape.length + axes.length;
    return axes.length === 0 ? x : b.apply1(unsqueezeOp, [x], { axes: axes.map((axis) => normalizeAxis(axis, rank)) });
  },
  { op: unsqueezeOp },
);

const squeezeOp: Op<AxesAttrs> = {
  name: 'Squeeze',
  infer: ([x], { axes }) => {
    const odd = axes.find((axis) => x!.shape[axis] !== 1);
    if (odd !== undefined) throw new ShapeError(`wants axis ${odd} of size 1; got ${formatShape(x!.shape)}`);
    return [{ dtype: x!.dtype, shape: x!.shape.filter((_, axis) => !axes.includes(axis)) }];
  },
  vjp: (b, n, [ct]) => [unsqueeze(b, ct!, n.attrs.axes)],
  emit: (w, n) => w.same(n, 'Squeeze', {}, [w.ints(n.attrs.axes)]),
};

/** Removes axes of size 1. */
export const squeeze = Object.assign(
  (b: Builder, x: Value, axes: readonly number[]): Value => {
    const rank = x.type.shape.length;
    return axes.length === 0 ? x : b.apply1(squeezeOp, [x], { axes: axes.map((axis) => normalizeAxis(axis, rank)) });
  },
  { op: squeezeOp },
);

/**
 * Undoes broadcasting: sums a cotangent over the axes along which `input` was expanded, into the shape of `input`.
 *
 *     input    [   3, 1]
 *     ct       [2, 3, 4]   sum over axes 0 and 2, keep axis 2 as 1
 */
export function unbroadcast(b: Builder, ct: Value, input: Value): Value {
  const target = input.type.shape;
  const extra = ct.type.shape.length - target.length;
  const leading = Array.from({ length: extra }, (_, axis) => axis);
  const stretched = target.flatMap((dim, axis) =>
    dim === 1 && ct.type.shape[axis + extra] !== 1 ? [axis + extra] : [],
  );
  const summed = reduceSum(b, ct, { axes: [...leading, ...stretched], keepDims: true });
  return squeeze(b, summed, leading);
}
