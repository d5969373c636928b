import type { Builder, Node, Value } from '../graph.ts';
import type { OnnxWriter } from '../onnx/write.ts';
import { type NoGradient, type Op, zeroGradient } from '../op.ts';
import { isStatic, normalizeAxis, sizeOf, type Type } from '../type.ts';
import { equal } from './compare.ts';
import { type Domain, expectDomain, floats, numbers } from './domain.ts';
import { add, div, exp, mul, sub } from './elementwise.ts';
import { gather } from './indexing.ts';
import { expandLike, shapeOf, unsqueeze } from './movement.ts';
import { cast } from './select.ts';

interface ReduceAttrs {
  /** Counted from the front, ascending. */
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

export interface ReduceOptions {
  /** The axes to reduce. Default: all. */
  readonly axes?: readonly number[];
  /** Whether reduced axes stay, with size 1. Default: false. */
  readonly keepDims?: boolean;
}

interface ReduceRow {
  readonly name: string;
  readonly domain: Domain;
  /** Computes the input's cotangent from the output and its cotangent, both with reduced axes of size 1. */
  readonly gradient: NoGradient | ((b: Builder, ct: Value, x: Value, y: Value, axes: readonly number[]) => Value);
  /** A special way to write the node. Returns whether it was used. */
  readonly emit?: (w: OnnxWriter, n: Node<ReduceAttrs>) => boolean;
}

function reduction({ name, domain, gradient, emit }: ReduceRow) {
  const op: Op<ReduceAttrs> = {
    name,
    infer: ([x], attrs) => {
      expectDomain(domain, [x!]);
      return [reducedType(x!, attrs)];
    },
    vjp:
      'gradient' in gradient
        ? gradient
        : (b, n, [ct]) => [gradient(b, kept(b, n, ct!), n.inputs[0]!, kept(b, n, n.outputs[0]!), n.attrs.axes)],
    emit: (w, n) => {
      if (emit?.(w, n)) return;
      w.same(n, name, { keepdims: { int: n.attrs.keepDims ? 1 : 0 } }, [w.ints(n.attrs.axes)]);
    },
  };
  const apply = (b: Builder, x: Value, options: ReduceOptions = {}): Value => {
    const axes = resolveAxes(x, options.axes);
    return axes.length === 0 ? x : b.apply1(op, [x], { axes, keepDims: options.keepDims ?? false });
  };
  return Object.assign(apply, { op });
}

function resolveAxes(x: Value, axes?: readonly number[]): number[] {
  const rank = x.type.shape.length;
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  return [...new Set(axes.map((axis) => normalizeAxis(axis, rank)))].sort((p, q) => p - q);
}

function reducedType({ dtype, shape }: Type, { axes, keepDims }: ReduceAttrs): Type {
  return {
    dtype,
    shape: keepDims
      ? shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
      : shape.filter((_, axis) => !axes.includes(axis)),
  };
}

/** The value with the reduced axes restored, with size 1. */
function kept(b: Builder, n: Node<ReduceAttrs>, value: Value): Value {
  return n.attrs.keepDims ? value : unsqueeze(b, value, n.attrs.axes);
}

/** The number of elements per result, a scalar of x's type. It is computed in the graph if it is not known before. */
function countOf(b: Builder, x: Value, axes: readonly number[]): Value {
  const dims = axes.map((axis) => x.type.shape[axis]!);
  if (isStatic(dims)) return b.scalar(x.type.dtype, sizeOf(dims));
  const shape = shapeOf(b, x);
  return axes
    .map((axis) => cast(b, gather(b, shape, b.scalar('int64', axis)), x.type.dtype))
    .reduce((product, dim) => mul(b, product, dim));
}

export const reduceSum = reduction({
  name: 'ReduceSum',
  domain: numbers,
  gradient: (b, ct, x) => expandLike(b, ct, x),
  emit: emitColumnSums,
});

/**
 * Sums over the first axes, as in the gradient of a bias, are written as a product with ones: [1, rows] · [rows,
 * columns]. The
 * runtime's own sum takes two to three times as long, and on two threads longer than on one.
 */
function emitColumnSums(w: OnnxWriter, n: Node<ReduceAttrs>): boolean {
  const { axes } = n.attrs;
  const { dtype, shape } = n.inputs[0]!.type;
  const isLeading = axes.length < shape.length && axes.every((axis, i) => axis === i);
  if (!isLeading || !isStatic(shape) || shape.includes(0) || (dtype !== 'float32' && dtype !== 'float64')) return false;
  const { place } = n;
  const rows = sizeOf(shape.slice(0, axes.length));
  const given = w.name(n.inputs[0]!);
  const isMatrix = shape.length === 2;
  const x = isMatrix ? given : w.step('Reshape', [given, w.ints([rows, sizeOf(shape) / rows])], { place });
  const ones = w.step('Expand', [w.number(dtype, 1), w.ints([1, rows])], { place });
  const output = n.outputs[0]!;
  const sums = w.step('MatMul', [ones, x], { place });
  w.node('Reshape', [sums, w.ints(output.type.shape.map(Number))], [w.name(output)], { place });
  return true;
}

const sumOfSquares = reduction({
  name: 'ReduceSumSquare',
  domain: floats,
  gradient: (b, ct, x) => mul(b, ct, add(b, x, x)),
});

/** Σ x². Over all axes, it takes half the time of a product and a sum, since no squares are written to memory. */
export const reduceSumSquare: typeof sumOfSquares = Object.assign(
  (b: Builder, x: Value, options: ReduceOptions = {}): Value =>
    resolveAxes(x, options.axes).length === 0 ? mul(b, x, x) : sumOfSquares(b, x, options),
  { op: sumOfSquares.op },
);

export const reduceMean = reduction({
  name: 'ReduceMean',
  domain: floats,
  gradient: (b, ct, x, _, axes) => expandLike(b, div(b, ct, countOf(b, x, axes)), x),
});

/** If several elements are the extreme, they share its gradient equally. */
function extremeGradient(b: Builder, ct: Value, x: Value, y: Value, axes: readonly number[]): Value {
  const hit = cast(b, equal(b, x, y), x.type.dtype);
  return mul(b, hit, div(b, ct, reduceSum(b, hit, { axes, keepDims: true })));
}

export const reduceMax = reduction({ name: 'ReduceMax', domain: numbers, gradient: extremeGradient });
export const reduceMin = reduction({ name: 'ReduceMin', domain: numbers, gradient: extremeGradient });

/** log Σ exp x, without overflow. */
export const reduceLogSumExp = reduction({
  name: 'ReduceLogSumExp',
  domain: floats,
  gradient: (b, ct, x, y) => mul(b, ct, exp(b, sub(b, x, y))),
});

const argMaxOp: Op<{ readonly axis: number }> = {
  name: 'ArgMax',
  infer: ([x], { axis }) => {
    expectDomain(numbers, [x!]);
    return [{ dtype: 'int64', shape: x!.shape.filter((_, i) => i !== axis) }];
  },
  vjp: zeroGradient,
  emit: (w, n) => w.same(n, 'ArgMax', { axis: { int: n.attrs.axis }, keepdims: { int: 0 } }),
};

/** The position of the largest element along an axis, int64. Of several, it is the first. */
export const argMax = Object.assign(
  (b: Builder, x: Value, axis = -1): Value =>
    b.apply1(argMaxOp, [x], { axis: normalizeAxis(axis, x.type.shape.length) }),
  { op: argMaxOp },
);
