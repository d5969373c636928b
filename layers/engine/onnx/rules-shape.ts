import type { Value } from '../graph.ts';
import * as ops from '../ops/index.ts';
import { tensorFrom } from '../tensor.ts';
import { broadcastShapes, type Dim, isStatic, normalizeAxis, sameShape, sizeOf } from '../type.ts';
import { dataType } from './proto.ts';
import type { Known, NodeContext, Rules } from './rule.ts';

function reshape(c: NodeContext): Value {
  const x = c.input(0);
  const copies = !c.flag('allowzero');
  const shape = c.dims(1).map((dim, axis) => {
    if (dim !== 0 || !copies) return dim;
    const own = x.type.shape[axis];
    if (own === undefined) throw c.error(`wants a 0 only where its input has an axis; got one at ${axis}`);
    return own;
  });
  return ops.reshape(c.b, x, shape);
}

function flatten(c: NodeContext): Value {
  const x = c.input(0);
  const { shape } = x.type;
  const axis = c.attributes.int('axis', 1);
  const at = axis < 0 ? axis + shape.length : axis;
  const [before, after] = [shape.slice(0, at), shape.slice(at)];
  // At most one side can hold a symbolic dimension, and only by itself.
  if (isStatic(after)) return ops.reshape(c.b, x, [before.length === 1 ? before[0]! : -1, sizeOf(after)]);
  return ops.reshape(c.b, x, [sizeOf(before.filter((dim) => typeof dim === 'number')), -1]);
}

function expand(c: NodeContext): Value {
  const x = c.input(0);
  const shape = broadcastShapes(x.type.shape, c.dims(1));
  if (sameShape(shape, x.type.shape)) return x;
  return isStatic(shape) ? ops.expand(c.b, x, shape) : ops.expandTo(c.b, x, shape, c.input(1));
}

function squeeze(c: NodeContext): Value {
  const x = c.input(0);
  const axes = c.optionalInts(1) ?? x.type.shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []));
  return ops.squeeze(c.b, x, axes);
}

function split(c: NodeContext): readonly Value[] {
  const x = c.input(0);
  const axis = normalizeAxis(c.attributes.int('axis', 0), x.type.shape.length);
  const size = x.type.shape[axis]!;
  const given = c.optionalInts(1);
  if (given) return ops.split(c.b, x, axis, given);
  const parts = c.attributes.int('num_outputs', c.outputs);
  if (typeof size !== 'number') throw c.error(`wants axis ${axis} of known size; got ${size}`);
  const each = Math.ceil(size / parts);
  const sizes = Array.from({ length: parts }, (_, i) => Math.min(each, size - i * each));
  return ops.split(c.b, x, axis, sizes);
}

/** Starts and ends as ONNX has them, beyond both ends and from behind, as a range within the axis. */
function slice(c: NodeContext): Value {
  const x = c.input(0);
  const { shape } = x.type;
  const [starts, ends] = [c.ints(1), c.ints(2)];
  const axes = (c.optionalInts(3) ?? starts.map((_, i) => i)).map((axis) => normalizeAxis(axis, shape.length));
  const steps = c.optionalInts(4) ?? starts.map(() => 1);
  return axes.reduce((value, axis, i) => {
    const size = shape[axis]!;
    const [step, start, end] = [steps[i]!, starts[i]!, ends[i]!];
    if (typeof size !== 'number') {
      if (start === 0 && step === 1 && end >= 2 ** 31 - 1) return value;
      throw c.error(`wants axis ${axis} of known size; got ${size}`);
    }
    const within = (at: number, low: number, high: number) => Math.min(Math.max(at < 0 ? at + size : at, low), high);
    if (step < 0) {
      const [from, to] = [within(start, -1, size - 1), end < -size ? -1 : within(end, -1, size - 1)];
      const back = ops.stride(c.b, ops.slice(c.b, value, axis, to + 1, Math.max(to, from) + 1), axis, step);
      return back;
    }
    const from = within(start, 0, size);
    const range = { start: from, end: Math.max(from, within(end, 0, size)), step };
    return ops.window(
      c.b,
      value,
      shape.map((_, at) => (at === axis ? range : null)),
    );
  }, x);
}

function pad(c: NodeContext): Value {
  const x = c.input(0);
  const rank = x.type.shape.length;
  const pads = c.ints(1);
  const axes = (c.optionalInts(3) ?? Array.from({ length: rank }, (_, axis) => axis)).map((axis) =>
    normalizeAxis(axis, rank),
  );
  const mode = c.word('mode', ['constant', 'reflect', 'edge']);
  const sizes = (axis: number) => [pads[axes.indexOf(axis)] ?? 0, pads[axes.indexOf(axis) + axes.length] ?? 0] as const;
  return axes.reduce((value, axis) => {
    const [before, after] = sizes(axis);
    if (before < 0 || after < 0) throw c.error(`wants pads of 0 or more; got ${before} and ${after}`);
    if (before === 0 && after === 0) return value;
    if (before + after > MOST_NUMBERS)
      throw c.error(`wants pads of ${MOST_NUMBERS} at most; got ${before} and ${after}`);
    if (mode !== 'constant') return ops.padWith(c.b, value, mode, axis, before, after);
    const fill = c.optional(2);
    return ops.pad(c.b, value, axis, before, after, fill ? c.number(2) : 0);
  }, x);
}

/** Positions and ranges beyond this many would be a constant of gigabytes. */
const MOST_NUMBERS = 2 ** 24;

/** Numbers at even distances, whose ends must be known. */
function range(c: NodeContext): Value {
  const { dtype } = c.input(0).type;
  const [start, limit, delta] = [0, 1, 2].map((i) => {
    const [dim] = c.known(i)?.values ?? [];
    return typeof dim === 'number' ? dim : c.number(i);
  }) as [number, number, number];
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (!(count <= MOST_NUMBERS)) throw c.error(`wants at most ${MOST_NUMBERS} numbers; got ${count}`);
  const values = Array.from({ length: count }, (_, i) => start + i * delta);
  return c.b.constant(tensorFrom(dtype, [count], values));
}

/** Operations that move elements or name them. */
export const shapeRules: Rules = {
  Shape: (c) => {
    const dims = ops.shapeOf(c.b, c.input(0));
    const [first, last] = shapeRange(c);
    return ops.slice(c.b, dims, 0, first, Math.max(first, last));
  },
  Range: range,
  Reshape: reshape,
  Flatten: flatten,
  Transpose: (c) => {
    const rank = c.input(0).type.shape.length;
    const perm = c.attributes.ints('perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
    return ops.transpose(c.b, c.input(0), perm);
  },
  Expand: expand,
  Squeeze: squeeze,
  Unsqueeze: (c) => ops.unsqueeze(c.b, c.input(0), c.ints(1)),
  Concat: (c) => ops.concat(c.b, c.inputs(), c.attributes.int('axis', 0)),
  Split: split,
  Slice: slice,
  Pad: pad,
  Tile: (c) => ops.tile(c.b, c.input(0), c.ints(1)),
  Gather: (c) => ops.gather(c.b, c.input(0), c.input(1), c.attributes.int('axis', 0)),
  GatherElements: (c) => ops.gatherElements(c.b, c.input(0), c.input(1), c.attributes.int('axis', 0)),
  GatherND: (c) => {
    c.expectInt('batch_dims', 0);
    return ops.gatherND(c.b, c.input(0), c.input(1));
  },
  ScatterND: (c) => {
    const scatter = { none: ops.scatterND, add: ops.scatterAdd }[reduction(c)];
    return scatter(c.b, c.input(0), c.input(1), c.input(2));
  },
  ScatterElements: (c) =>
    ops.scatterElements(c.b, c.input(0), c.input(1), c.input(2), c.attributes.int('axis', 0), reduction(c)),
};

function reduction(c: NodeContext): ops.Reduction {
  return c.word('reduction', ['none', 'add']);
}

/** The axes that a Shape is about, from the first up to, not including, the last. */
function shapeRange(c: NodeContext): readonly [number, number] {
  const rank = c.input(0).type.shape.length;
  const within = (at: number) => Math.min(Math.max(at < 0 ? at + rank : at, 0), rank);
  return [within(c.attributes.int('start', 0)), within(c.attributes.int('end', rank))];
}

type KnownRule = (c: NodeContext) => Known | undefined;

/** Of integers that are known: the same arithmetic that the graph would do, symbolic dimensions passed through. */
export const knownRules: Readonly<Record<string, KnownRule>> = {
  Shape: (c) => {
    const [first, last] = shapeRange(c);
    return { values: c.input(0).type.shape.slice(first, last), scalar: false };
  },
  Gather: (c) => {
    const [x, at] = [c.known(0), c.known(1)];
    if (!x || x.scalar || !isFirstAxis(c) || !at || !at.values.every((i) => typeof i === 'number')) return undefined;
    const values = at.values.flatMap((i) => x.values.at(Number(i)) ?? []);
    return values.length === at.values.length ? { values, scalar: at.scalar } : undefined;
  },
  Concat: (c) => {
    const all = c.inputs().map((_, i) => c.known(i));
    return isFirstAxis(c) && all.every((one) => one !== undefined && !one.scalar)
      ? { values: all.flatMap((one) => one?.values ?? []), scalar: false }
      : undefined;
  },
  Unsqueeze: (c) => reranked(c, false),
  Squeeze: (c) => reranked(c, true),
  Reshape: (c) => {
    const [x, shape] = [c.known(0), c.known(1)];
    // What a 0 stands for, no other shape of these numbers has.
    c.flag('allowzero');
    return x && shape && shape.values.length <= 1 ? { values: x.values, scalar: shape.values.length === 0 } : undefined;
  },
  Cast: (c) => (c.attributes.int('to', 0) === dataType.int64 ? c.known(0) : undefined),
  Identity: (c) => c.known(0),
  Slice: (c) => {
    const [x, starts, ends] = [c.known(0), c.known(1), c.known(2)];
    if (!x || !starts || !ends || c.optional(4)) return undefined;
    return { values: x.values.slice(Number(starts.values[0]), Number(ends.values[0])), scalar: false };
  },
  Add: (c) => arithmetic(c, (x, y) => x + y),
  Sub: (c) => arithmetic(c, (x, y) => x - y),
  Mul: (c) => arithmetic(c, (x, y) => x * y),
  Div: (c) => arithmetic(c, (x, y) => Math.trunc(x / y)),
  Mod: (c) => (c.flag('fmod') ? undefined : arithmetic(c, (x, y) => x - y * Math.floor(x / y))),
};

/** Along the only axis that a list of numbers has. */
function isFirstAxis(c: NodeContext): boolean {
  return [0, -1].includes(c.attributes.int('axis', 0));
}

function reranked(c: NodeContext, scalar: boolean): Known | undefined {
  const x = c.known(0);
  return x && x.values.length === 1 ? { values: x.values, scalar } : undefined;
}

function arithmetic(c: NodeContext, f: (x: number, y: number) => number): Known | undefined {
  const [x, y] = [c.known(0), c.known(1)];
  if (!x || !y) return undefined;
  const length = Math.max(x.values.length, y.values.length);
  const at = ({ values }: Known, i: number): Dim => values[values.length === 1 ? 0 : i]!;
  const pairs = Array.from({ length }, (_, i) => [at(x, i), at(y, i)] as const);
  if (!pairs.every(([p, q]) => typeof p === 'number' && typeof q === 'number')) return undefined;
  const values = pairs.map(([p, q]) => f(Number(p), Number(q)));
  // Division by zero is left to the runtime.
  return values.every(Number.isSafeInteger) ? { values, scalar: x.scalar && y.scalar } : undefined;
}
