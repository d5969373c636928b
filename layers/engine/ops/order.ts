import type { Builder, Value } from '../graph.ts';
import type { Op } from '../op.ts';
import { formatShape, normalizeAxis, ShapeError } from '../type.ts';
import { expectDomain, numbers } from './domain.ts';
import { zerosLike } from './movement.ts';
import { scatterElements } from './scatter.ts';
import { staticDim } from './window.ts';

interface CumSumAttrs {
  readonly axis: number;
  /** Whether an element's own value is left out of its sum. */
  readonly exclusive: boolean;
  /** From the end. */
  readonly reverse: boolean;
}

const cumSumOp: Op<CumSumAttrs> = {
  name: 'CumSum',
  infer: ([x]) => {
    expectDomain(numbers, [x!]);
    return [x!];
  },
  vjp: (b, n, [ct]) => [b.apply1(cumSumOp, [ct!], { ...n.attrs, reverse: !n.attrs.reverse })],
  emit: (w, n) => {
    const { axis, exclusive, reverse } = n.attrs;
    const attributes = { exclusive: { int: exclusive ? 1 : 0 }, reverse: { int: reverse ? 1 : 0 } };
    w.same(n, 'CumSum', attributes, [w.number('int64', axis)]);
  },
};

/** The sum of each element and those before it along an axis. */
export const cumSum = Object.assign(
  (b: Builder, x: Value, axis: number, { exclusive = false, reverse = false }: Partial<CumSumAttrs> = {}): Value =>
    b.apply1(cumSumOp, [x], { axis: normalizeAxis(axis, x.type.shape.length), exclusive, reverse }),
  { op: cumSumOp },
);

interface TriluAttrs {
  readonly upper: boolean;
  readonly diagonal: number;
}

const triluOp: Op<TriluAttrs> = {
  name: 'Trilu',
  infer: ([x]) => {
    if (x!.shape.length < 2) throw new ShapeError(`wants matrices; got ${formatShape(x!.shape)}`);
    return [x!];
  },
  vjp: (b, n, [ct]) => [b.apply1(triluOp, [ct!], n.attrs)],
  emit: (w, n) => w.same(n, 'Trilu', { upper: { int: n.attrs.upper ? 1 : 0 } }, [w.number('int64', n.attrs.diagonal)]),
};

/** Matrices with zeros below (`upper`) or above the given diagonal, which stays; 0 is the main one, 1 that above it. */
export const trilu = Object.assign(
  (b: Builder, x: Value, { upper, diagonal = 0 }: { readonly upper: boolean; readonly diagonal?: number }): Value =>
    b.apply1(triluOp, [x], { upper, diagonal }),
  { op: triluOp },
);

interface TopKAttrs {
  readonly k: number;
  readonly axis: number;
  readonly largest: boolean;
}

const topKOp: Op<TopKAttrs> = {
  name: 'TopK',
  infer: ([x], { k, axis }) => {
    expectDomain(numbers, [x!]);
    const size = staticDim(x!.shape, axis);
    if (!(Number.isInteger(k) && k >= 0 && k <= size))
      throw new ShapeError(`wants k between 0 and ${size} on axis ${axis}; got ${k}`);
    const shape = x!.shape.with(axis, k);
    return [
      { dtype: x!.dtype, shape },
      { dtype: 'int64', shape },
    ];
  },
  // No position occurs twice, so putting is adding.
  vjp: (b, n, [ct]) => [scatterElements(b, zerosLike(b, n.inputs[0]!), n.outputs[1]!, ct!, n.attrs.axis)],
  emit: (w, n) =>
    w.same(n, 'TopK', { axis: { int: n.attrs.axis }, largest: { int: n.attrs.largest ? 1 : 0 } }, [
      w.ints([n.attrs.k]),
    ]),
};

/** The k largest elements (or smallest) along an axis, in order, and where they were, int64. */
export const topK = Object.assign(
  (b: Builder, x: Value, k: number, axis = -1, largest = true): { values: Value; indices: Value } => {
    const attrs = { k, axis: normalizeAxis(axis, x.type.shape.length), largest };
    const [values, indices] = b.apply(topKOp, [x], attrs) as readonly [Value, Value];
    return { values, indices };
  },
  { op: topKOp },
);
