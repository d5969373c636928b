import type { Builder, Value } from '../graph.ts';
import type { Op } from '../op.ts';
import { formatShape, normalizeAxis, ShapeError, sameShape, type Type } from '../type.ts';
import { expectDomain, expectOneDType, integers } from './domain.ts';
import { gatherND, picked } from './indexing.ts';
import { zerosLike } from './movement.ts';

interface AxisAttrs {
  readonly axis: number;
}

const gatherElementsOp: Op<AxisAttrs> = {
  name: 'GatherElements',
  infer: ([x, indices], { axis }) => {
    expectWithin(x!, indices!, axis);
    return [{ dtype: x!.dtype, shape: indices!.shape }];
  },
  vjp: (b, n, [ct]) => {
    const [x, indices] = n.inputs as readonly [Value, Value];
    return [scatterElements(b, zerosLike(b, x), indices, ct!, n.attrs.axis, 'add'), undefined];
  },
  emit: (w, n) => w.same(n, 'GatherElements', { axis: { int: n.attrs.axis } }),
};

/** y[i, j] = x[indices[i, j], j] for axis 0, and likewise for other axes. Negative positions count from the end. */
export const gatherElements = Object.assign(
  (b: Builder, x: Value, indices: Value, axis: number): Value =>
    b.apply1(gatherElementsOp, [x, indices], { axis: normalizeAxis(axis, x.type.shape.length) }),
  { op: gatherElementsOp },
);

export type Reduction = 'none' | 'add';

interface ScatterAttrs extends AxisAttrs {
  readonly reduction: Reduction;
}

const scatterElementsOp: Op<ScatterAttrs> = {
  name: 'ScatterElements',
  infer: ([x, indices, updates], { axis }) => {
    expectOneDType([x!, updates!]);
    expectWithin(x!, indices!, axis);
    if (!sameShape(indices!.shape, updates!.shape))
      throw new ShapeError(`wants updates ${formatShape(indices!.shape)}; got ${formatShape(updates!.shape)}`);
    return [x!];
  },
  vjp: (b, n, [ct], need) => {
    const [, indices, updates] = n.inputs as readonly [Value, Value, Value];
    const { axis, reduction } = n.attrs;
    const kept = () => (reduction === 'add' ? ct! : scatterElements(b, ct!, indices, zerosLike(b, updates), axis));
    return [need[0] ? kept() : undefined, undefined, need[2] ? gatherElements(b, ct!, indices, axis) : undefined];
  },
  emit: (w, n) =>
    w.same(n, 'ScatterElements', { axis: { int: n.attrs.axis }, reduction: { string: n.attrs.reduction } }),
};

/**
 * x with updates stored, or added, where `gatherElements` would read. With `none`, no position may occur twice.
 * Otherwise it is undefined which update stays, and the gradient counts all of them.
 */
export const scatterElements = Object.assign(
  (b: Builder, x: Value, indices: Value, updates: Value, axis: number, reduction: Reduction = 'none'): Value =>
    b.apply1(scatterElementsOp, [x, indices, updates], {
      axis: normalizeAxis(axis, x.type.shape.length),
      reduction,
    }),
  { op: scatterElementsOp },
);

const scatterNDOp: Op<undefined> = {
  name: 'ScatterND',
  infer: ([x, indices, updates]) => {
    expectOneDType([x!, updates!]);
    const wanted = picked(x!, indices!);
    if (!sameShape(wanted.shape, updates!.shape))
      throw new ShapeError(`wants updates ${formatShape(wanted.shape)}; got ${formatShape(updates!.shape)}`);
    return [x!];
  },
  vjp: (b, n, [ct], need) => {
    const [, indices, updates] = n.inputs as readonly [Value, Value, Value];
    return [
      need[0] ? scatterND(b, ct!, indices, zerosLike(b, updates)) : undefined,
      undefined,
      need[2] ? gatherND(b, ct!, indices) : undefined,
    ];
  },
};

/** x with updates stored where `gatherND` would read. No position may occur twice. `scatterAdd` adds them instead. */
export const scatterND = Object.assign(
  (b: Builder, x: Value, indices: Value, updates: Value): Value =>
    b.apply1(scatterNDOp, [x, indices, updates], undefined),
  { op: scatterNDOp },
);

/** @throws ShapeError unless the positions are integers and, except along the axis, within x */
function expectWithin(x: Type, indices: Type, axis: number): void {
  expectDomain(integers, [indices]);
  const fits = indices.shape.every((dim, i) => {
    const size = x.shape[i]!;
    return i === axis || dim === size || (typeof dim === 'number' && typeof size === 'number' && dim <= size);
  });
  if (indices.shape.length !== x.shape.length || !fits)
    throw new ShapeError(
      `wants indices within ${formatShape(x.shape)} but for axis ${axis}; got ${formatShape(indices.shape)}`,
    );
}
