import { type Builder, constantOp, type Node, type Value } from '../graph.ts';
import type { NodeOptions, OnnxWriter } from '../onnx/write.ts';
import { type Op, zeroGradient } from '../op.ts';
import { type Tensor, tensorFrom, toNumbers } from '../tensor.ts';
import {
  type FloatType,
  formatShape,
  normalizeAxis,
  ShapeError,
  sameShape,
  sizeOf,
  staticShape,
  type Type,
} from '../type.ts';
import { expectDomain, expectOneDType, integers } from './domain.ts';
import { transpose, unsqueeze, zerosLike } from './movement.ts';
import { cast } from './select.ts';
import { padAll } from './window.ts';

const gatherOp: Op<{ readonly axis: number }> = {
  name: 'Gather',
  infer: ([x, indices], { axis }) => {
    expectDomain(integers, [indices!]);
    if (x!.shape.length === 0) throw new ShapeError('wants something to gather from; got a scalar');
    return [{ dtype: x!.dtype, shape: [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)] }];
  },
  /*
   *  x [p, N, q], indices [i, j], ct [p, i, j, q]: with the gathered axes in front, each ct[i, j] is added to row
   *  indices[i, j] of a zero [N, p, q], which then gets its axes back in order.
   */
  vjp: (b, n, [ct]) => {
    const [x, indices] = n.inputs as readonly [Value, Value];
    const { axis } = n.attrs;
    const back = inverse(x, indices, axis);
    if (back) return [gather(b, withZeros(b, ct!, axis), b.constant(back), axis), undefined];
    const rank = x.type.shape.length;
    const taken = indices.type.shape.length;
    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
    const front = transpose(b, ct!, [
      ...range(axis, axis + taken),
      ...range(0, axis),
      ...range(axis + taken, rank - 1 + taken),
    ]);
    const rows = transpose(b, zerosLike(b, x), [axis, ...range(0, axis), ...range(axis + 1, rank)]);
    const sum = scatterAdd(b, rows, unsqueeze(b, cast(b, indices, 'int64'), [-1]), front);
    return [transpose(b, sum, [...range(1, axis + 1), 0, ...range(axis + 1, rank)]), undefined];
  },
  emit: (w, n) => w.same(n, 'Gather', { axis: { int: n.attrs.axis } }),
};

/**
 * From where each slice of x gets its cotangent, if the positions along the axis are known and no two are the same: nothing
 * is added up then. Slices that were not gathered get the one behind the last.
 */
function inverse(x: Value, indices: Value, axis: number): Tensor | undefined {
  const size = x.type.shape[axis];
  if (indices.node?.op !== constantOp || indices.type.shape.length !== 1 || typeof size !== 'number') return undefined;
  const positions = toNumbers(indices.node.attrs as Tensor).map((at) => (at < 0 ? at + size : at));
  if (new Set(positions).size < positions.length) return undefined;
  const from = new Array<number>(size).fill(positions.length);
  for (const [i, at] of positions.entries()) from[at] = i;
  return tensorFrom('int64', [size], from);
}

/** With a slice of zeros behind the last one along an axis. */
function withZeros(b: Builder, x: Value, axis: number): Value {
  const none = x.type.shape.map(() => 0);
  return padAll(b, x, none, none.with(axis, 1));
}

/** Slices of x along an axis, at integer positions of any shape. Negative positions count from the end. */
export const gather = Object.assign(
  (b: Builder, x: Value, indices: Value, axis = 0): Value =>
    b.apply1(gatherOp, [x, indices], { axis: normalizeAxis(axis, Math.max(1, x.type.shape.length)) }),
  { op: gatherOp },
);

/** The type of the elements or slices that rows of `indices` select. */
export function picked(x: Type, indices: Type): Type {
  const depth = indices.shape.at(-1);
  if (indices.dtype !== 'int64') throw new ShapeError(`wants int64 indices; got ${indices.dtype}`);
  if (typeof depth !== 'number' || depth < 1 || depth > x.shape.length)
    throw new ShapeError(`wants indices whose last axis is 1 to ${x.shape.length}; got ${formatShape(indices.shape)}`);
  return { dtype: x.dtype, shape: [...indices.shape.slice(0, -1), ...x.shape.slice(depth)] };
}

const gatherNDOp: Op<undefined> = {
  name: 'GatherND',
  infer: ([x, indices]) => [picked(x!, indices!)],
  vjp: (b, n, [ct]) => [scatterAdd(b, zerosLike(b, n.inputs[0]!), n.inputs[1]!, ct!), undefined],
};

/** x at the positions along the last axis of `indices` (int64). */
export const gatherND = Object.assign(
  (b: Builder, x: Value, indices: Value): Value => b.apply1(gatherNDOp, [x, indices], undefined),
  { op: gatherNDOp },
);

const scatterAddOp: Op<undefined> = {
  name: 'ScatterAdd',
  infer: ([x, indices, updates]) => {
    expectOneDType([x!, updates!]);
    const wanted = picked(x!, indices!);
    if (!sameShape(wanted.shape, updates!.shape))
      throw new ShapeError(`wants updates ${formatShape(wanted.shape)}; got ${formatShape(updates!.shape)}`);
    staticShape([...x!.shape, ...indices!.shape]);
    return [x!];
  },
  vjp: (b, n, [ct], need) => [
    need[0] ? ct : undefined,
    undefined,
    need[2] ? gatherND(b, ct!, n.inputs[1]!) : undefined,
  ],
  emit: writeScatterAdd,
};

/**
 * ScatterND could do this alone, but adds in the order in which its threads arrive, so two runs would differ in the
 * last bits. ScatterElements adds in order. With x as rows [N, D] and each position as a row number, it adds updates
 * [M, D] along axis 0.
 */
function writeScatterAdd(w: OnnxWriter, n: Node<undefined>): void {
  const [x, indices, updates] = n.inputs as readonly [Value, Value, Value];
  const shape = staticShape(x.type.shape);
  const depth = staticShape(indices.type.shape).at(-1)!;
  const count = sizeOf(staticShape(indices.type.shape)) / depth;
  const width = sizeOf(shape.slice(depth));
  const dims = shape.slice(0, depth);
  const options = { place: n.place };
  const literal = { ...options, attributes: { allowzero: { int: 1 } } };
  const reshaped = (name: string, to: readonly number[]) => w.step('Reshape', [name, w.ints(to)], literal);
  const positions = reshaped(w.name(indices), [count, depth]);
  const row = depth === 1 ? positions : rowNumbers(w, positions, dims, options);
  const rows = w.step('Expand', [row, w.ints([count, width])], options);
  const table = reshaped(w.name(x), [sizeOf(dims), width]);
  const added = w.step('ScatterElements', [table, rows, reshaped(w.name(updates), [count, width])], {
    ...options,
    attributes: { axis: { int: 0 }, reduction: { string: 'add' } },
  });
  w.node('Reshape', [added, w.ints(shape)], [w.name(n.outputs[0]!)], literal);
}

/** Positions [M, depth] as row numbers [M, 1]. For one axis, ScatterElements itself accepts negative ones. */
function rowNumbers(w: OnnxWriter, positions: string, dims: readonly number[], options: NodeOptions): string {
  const strides = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));
  const negative = w.step('Less', [positions, w.ints([0])], options);
  const fromEnd = w.step('Add', [positions, w.ints(dims)], options);
  const fromFront = w.step('Where', [negative, fromEnd, positions], options);
  const offsets = w.step('Mul', [fromFront, w.ints(strides)], options);
  return w.step('ReduceSum', [offsets, w.ints([1])], { ...options, attributes: { keepdims: { int: 1 } } });
}

/** x with updates added at the positions that `gatherND` would read. Positions may repeat. */
export const scatterAdd = Object.assign(
  (b: Builder, x: Value, indices: Value, updates: Value): Value =>
    b.apply1(scatterAddOp, [x, indices, updates], undefined),
  { op: scatterAddOp },
);

/** So few classes are compared with all indices one class after another, if there are so many indices. */
const [FEW_CLASSES, MANY_INDICES] = [32, 32];

const isClassOp: Op<{ readonly depth: number }> = {
  name: 'IsClass',
  infer: ([indices], { depth }) => [{ dtype: 'bool', shape: [...indices!.shape, depth] }],
  vjp: zeroGradient,
  emit: (w, n) => {
    const { depth } = n.attrs;
    const { place } = n;
    const { shape } = n.inputs[0]!.type;
    const rows = shape.at(-1);
    // The runtime goes from one row of the result to the next, and a row of few elements takes as long as one of many.
    const isTurned = depth <= FEW_CLASSES && typeof rows === 'number' && rows >= MANY_INDICES;
    const data = BigInt64Array.from({ length: depth }, (_, i) => BigInt(i));
    const classes = w.initializer({ dtype: 'int64', shape: isTurned ? [depth, ...shape.map(() => 1)] : [depth], data });
    const indices = w.step('Unsqueeze', [w.name(n.inputs[0]!), w.ints([isTurned ? 0 : shape.length])], { place });
    const output = [w.name(n.outputs[0]!)];
    if (isTurned) {
      const attributes = { perm: { ints: [...shape.map((_, axis) => axis + 1), 0] } };
      w.node('Transpose', [w.step('Equal', [indices, classes], { place })], output, { attributes, place });
    } else w.node('Equal', [indices, classes], output, { place });
  },
};

/** Which of so many classes an index is: integer [...] → bool [..., depth]. An index out of range is none of them. */
export const isClass = Object.assign(
  (b: Builder, indices: Value, depth: number): Value => b.apply1(isClassOp, [cast(b, indices, 'int64')], { depth }),
  { op: isClassOp },
);

/** One-hot vectors: integer [...] → float [..., depth]. An index out of range becomes zeros. */
export function oneHot(b: Builder, indices: Value, depth: number, dtype: FloatType = 'float32'): Value {
  return cast(b, isClass(b, indices, depth), dtype);
}
