import type { Builder, Value } from '../graph.ts';
import type { Op } from '../op.ts';
import { formatShape, normalizeAxis, type Shape, ShapeError } from '../type.ts';
import { expectDomain, expectOneDType, floats } from './domain.ts';
import { gather } from './indexing.ts';

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

/** The values one after the other along an axis. */
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

interface SliceAttrs {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

const sliceOp: Op<SliceAttrs> = {
  name: 'Slice',
  infer: ([x], { axis, start, end }) => {
    const size = staticDim(x!.shape, axis);
    if (!(start >= 0 && start <= end && end <= size))
      throw new ShapeError(`wants 0 <= start <= end <= ${size} on axis ${axis}; got ${start} and ${end}`);
    return [{ dtype: x!.dtype, shape: x!.shape.map((dim, i) => (i === axis ? end - start : dim)) }];
  },
  vjp: (b, n, [ct]) => {
    const { axis, start, end } = n.attrs;
    return [pad(b, ct!, axis, start, staticDim(n.inputs[0]!.type.shape, axis) - end)];
  },
  emit: (w, n) => {
    const { axis, start, end } = n.attrs;
    w.same(n, 'Slice', {}, [w.ints([start]), w.ints([end]), w.ints([axis])]);
  },
};

/** Elements from `start` up to, not including, `end` along an axis of known size; negative counts from its end. */
export const slice = Object.assign(
  (b: Builder, x: Value, axis: number, start: number, end?: number): Value => {
    const at = normalizeAxis(axis, x.type.shape.length);
    const size = staticDim(x.type.shape, at);
    const fromFront = (position: number) => (position < 0 ? position + size : position);
    const attrs = { axis: at, start: fromFront(start), end: fromFront(end ?? size) };
    return attrs.start === 0 && attrs.end === size ? x : b.apply1(sliceOp, [x], attrs);
  },
  { op: sliceOp },
);

/** Every `step`-th element along an axis of known size; a negative step goes backwards from the last. */
export function stride(b: Builder, x: Value, axis: number, step: number): Value {
  if (!Number.isInteger(step) || step === 0) throw new ShapeError(`step must be an integer other than 0; got ${step}`);
  const at = normalizeAxis(axis, x.type.shape.length);
  const size = staticDim(x.type.shape, at);
  const count = Math.ceil(size / Math.abs(step));
  const positions = BigInt64Array.from({ length: count }, (_, i) => BigInt(step > 0 ? i * step : size - 1 + i * step));
  return gather(b, x, b.constant({ dtype: 'int64', shape: [count], data: positions }), at);
}

/** The value in pieces of the given sizes along an axis. */
export function split(b: Builder, x: Value, axis: number, sizes: readonly number[]): Value[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const size = staticDim(x.type.shape, normalizeAxis(axis, x.type.shape.length));
  if (total !== size) throw new ShapeError(`Split wants sizes that add up to ${size}; got ${formatShape(sizes)}`);
  let start = 0;
  return sizes.map((length) => {
    start += length;
    return slice(b, x, axis, start - length, start);
  });
}

interface PadAttrs {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

const padOp: Op<PadAttrs> = {
  name: 'Pad',
  infer: ([x], { axis, before, after }) => {
    expectDomain(floats, [x!]);
    if (before < 0 || after < 0) throw new ShapeError(`wants pads of 0 or more; got ${before} and ${after}`);
    const size = staticDim(x!.shape, axis) + before + after;
    return [{ dtype: x!.dtype, shape: x!.shape.map((dim, i) => (i === axis ? size : dim)) }];
  },
  vjp: (b, n, [ct]) => {
    const { axis, before } = n.attrs;
    return [slice(b, ct!, axis, before, before + staticDim(n.inputs[0]!.type.shape, axis))];
  },
  emit: (w, n) => {
    const { axis, before, after } = n.attrs;
    const pads = (size: number) => n.inputs[0]!.type.shape.map((_, i) => (i === axis ? size : 0));
    w.same(n, 'Pad', { mode: { string: 'constant' } }, [w.ints([...pads(before), ...pads(after)])]);
  },
};

/** Zeros before and after along an axis of known size. */
export const pad = Object.assign(
  (b: Builder, x: Value, axis: number, before: number, after: number): Value =>
    before === 0 && after === 0
      ? x
      : b.apply1(padOp, [x], { axis: normalizeAxis(axis, x.type.shape.length), before, after }),
  { op: padOp },
);

function sameBut(axis: number, a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => i === axis || dim === b[i]);
}

function staticDim(shape: Shape, axis: number): number {
  const dim = shape[axis];
  if (typeof dim === 'number') return dim;
  throw new ShapeError(`wants axis ${axis} of a size known in advance; got ${formatShape(shape)}`);
}
