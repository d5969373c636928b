import type { Builder, Value } from '../graph.ts';
import type { Op } from '../op.ts';
import { tensorFrom } from '../tensor.ts';
import { formatShape, isStatic, normalizeAxis, type Shape, ShapeError } from '../type.ts';
import { expectOneDType } from './domain.ts';
import { gather } from './indexing.ts';
import { expand, reshape, unsqueeze, zerosLike } from './movement.ts';
import { padAll, staticDim, window } from './window.ts';

const concatOp: Op<{ readonly axis: number }> = {
  name: 'Concat',
  infer: (inputs, { axis }) => {
    const dtype = expectOneDType(inputs);
    const [first] = inputs;
    const odd = inputs.find(({ shape }) => !sameBut(axis, shape, first!.shape));
    if (odd)
      throw new ShapeError(
        `wants equal shapes but for axis ${axis}; got ${formatShape(first!.shape)} and ${formatShape(odd.shape)}`,
      );
    const total = inputs.reduce((sum, { shape }) => sum + staticDim(shape, axis), 0);
    return [{ dtype, shape: first!.shape.map((dim, i) => (i === axis ? total : dim)) }];
  },
  vjp: (b, n, [ct], need) => {
    const { axis } = n.attrs;
    let start = 0;
    return n.inputs.map((input, i) => {
      const from = start;
      start += staticDim(input.type.shape, axis);
      return need[i] ? slice(b, ct!, axis, from, start) : undefined;
    });
  },
  emit: (w, n) => w.same(n, 'Concat', { axis: { int: n.attrs.axis } }),
};

/** Concatenates the values along an axis. */
export const concat = Object.assign(
  (b: Builder, values: readonly Value[], axis: number): Value => {
    const [first] = values;
    if (!first) throw new ShapeError('Concat wants at least one value; got none');
    return values.length === 1
      ? first
      : b.apply1(concatOp, values, { axis: normalizeAxis(axis, first.type.shape.length) });
  },
  { op: concatOp },
);

/** Elements from `start` to before `end` along an axis of known size. Negative numbers count from its end. */
export function slice(b: Builder, x: Value, axis: number, start: number, end?: number): Value {
  const at = normalizeAxis(axis, x.type.shape.length);
  const size = staticDim(x.type.shape, at);
  const fromFront = (position: number) => (position < 0 ? position + size : position);
  const range = { start: fromFront(start), end: fromFront(end ?? size), step: 1 };
  return window(
    b,
    x,
    x.type.shape.map((_, i) => (i === at ? range : null)),
  );
}

/** Every `step`-th element along an axis of known size. A negative step goes backwards from the last one. */
export function stride(b: Builder, x: Value, axis: number, step: number): Value {
  if (!Number.isInteger(step) || step === 0) throw new ShapeError(`step must be an integer other than 0; got ${step}`);
  const at = normalizeAxis(axis, x.type.shape.length);
  const size = staticDim(x.type.shape, at);
  const count = Math.ceil(size / Math.abs(step));
  const positions = BigInt64Array.from({ length: count }, (_, i) => BigInt(step > 0 ? i * step : size - 1 + i * step));
  return gather(b, x, b.constant({ dtype: 'int64', shape: [count], data: positions }), at);
}

interface SplitAttrs {
  readonly axis: number;
  readonly sizes: readonly number[];
}

const splitOp: Op<SplitAttrs> = {
  name: 'Split',
  infer: ([x], { axis, sizes }) => {
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const size = staticDim(x!.shape, axis);
    if (total !== size || sizes.some((piece) => piece < 0))
      throw new ShapeError(`wants sizes of 0 or more that add up to ${size}; got ${formatShape(sizes)}`);
    return sizes.map((length) => ({ dtype: x!.dtype, shape: x!.shape.with(axis, length) }));
  },
  // One Concat, whereas slices would need a Pad each and a sum.
  vjp: (b, n, ct) => [
    concat(
      b,
      n.outputs.map((piece, i) => ct[i] ?? zerosLike(b, piece)),
      n.attrs.axis,
    ),
  ],
  emit: (w, n) => w.same(n, 'Split', { axis: { int: n.attrs.axis } }, [w.ints(n.attrs.sizes)]),
};

/**
 * Splits the value into pieces of the given sizes along an axis.
 * @throws ShapeError if the sizes do not add up to the axis'
 */
export const split = Object.assign(
  (b: Builder, x: Value, axis: number, sizes: readonly number[]): readonly Value[] => {
    const at = normalizeAxis(axis, x.type.shape.length);
    return sizes.length === 1 && sizes[0] === x.type.shape[at] ? [x] : b.apply(splitOp, [x], { axis: at, sizes });
  },
  { op: splitOp },
);

/** Pads an axis of known size with a constant, by default 0, before and after it. */
export function pad(b: Builder, x: Value, axis: number, before: number, after: number, value = 0): Value {
  const at = normalizeAxis(axis, x.type.shape.length);
  const sizes = (size: number) => x.type.shape.map((_, i) => (i === at ? size : 0));
  return padAll(b, x, sizes(before), sizes(after), value);
}

/**
 * Pads both ends of an axis with its mirrored elements (`reflect`, without the end itself) or its last one (`edge`).
 * @throws ShapeError if the axis is too short to mirror
 */
export function padWith(
  b: Builder,
  x: Value,
  mode: 'reflect' | 'edge',
  axis: number,
  before: number,
  after: number,
): Value {
  const at = normalizeAxis(axis, x.type.shape.length);
  const size = staticDim(x.type.shape, at);
  const most = mode === 'edge' ? Number.POSITIVE_INFINITY : size - 1;
  if (size === 0 || before > most || after > most || before < 0 || after < 0)
    throw new ShapeError(`${mode} padding wants between 0 and ${most}; got ${before} and ${after}`);
  const last = size - 1;
  const source = (i: number) =>
    mode === 'edge' ? Math.max(0, Math.min(i, last)) : last - Math.abs(last - Math.abs(i));
  const positions = Array.from({ length: before + size + after }, (_, i) => source(i - before));
  return gather(b, x, b.constant(tensorFrom('int64', [positions.length], positions)), at);
}

/** Repeats the value `repeats[axis]` times along each axis. */
export function tile(b: Builder, x: Value, repeats: readonly number[]): Value {
  const { shape } = x.type;
  if (repeats.length !== shape.length)
    throw new ShapeError(`Tile wants ${shape.length} repeats; got ${formatShape(repeats)}`);
  return repeats.reduce((value, times, axis) => (times === 1 ? value : tileAxis(b, value, axis, times)), x);
}

function tileAxis(b: Builder, x: Value, axis: number, times: number): Value {
  if (!Number.isInteger(times) || times < 1) throw new ShapeError(`Tile wants repeats of 1 or more; got ${times}`);
  const { shape } = x.type;
  if (!isStatic(shape)) return concat(b, new Array<Value>(times).fill(x), axis);
  const copies = expand(b, unsqueeze(b, x, [axis]), [...shape.slice(0, axis), times, ...shape.slice(axis)]);
  return reshape(b, copies, shape.with(axis, shape[axis]! * times));
}

function sameBut(axis: number, a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => i === axis || dim === b[i]);
}
