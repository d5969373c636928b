import type { Builder, Value } from '../graph.ts';
import type { Op } from '../op.ts';
import { formatShape, type Shape, ShapeError } from '../type.ts';
import { expectDomain, floats } from './domain.ts';
import { reshape } from './movement.ts';

/** Every `step`-th element from `start` to before `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

interface WindowAttrs {
  /** One range per axis. Null keeps the whole axis. */
  readonly ranges: readonly (Range | null)[];
}

const windowOp: Op<WindowAttrs> = {
  name: 'Slice',
  infer: ([x], { ranges }) => {
    const shape = x!.shape.map((dim, axis) => {
      const range = ranges[axis];
      if (!range) return dim;
      const size = staticDim(x!.shape, axis);
      const { start, end, step } = range;
      if (!(start >= 0 && start <= end && end <= size))
        throw new ShapeError(`wants 0 <= start <= end <= ${size} on axis ${axis}; got ${start} and ${end}`);
      if (!(Number.isInteger(step) && step >= 1))
        throw new ShapeError(`wants steps of 1 or more on axis ${axis}; got ${step}`);
      return count(range);
    });
    return [{ dtype: x!.dtype, shape }];
  },
  /*
   *  x     0 1 2 3 4 5 6     start 1, end 6, step 2 takes 1 3 5
   *  ct    a b c             spread to a · b · c, then padded: · a · b · c ·
   */
  vjp: (b, n, [ct]) => {
    const { ranges } = n.attrs;
    const spread = dilate(
      b,
      ct!,
      ranges.map((range) => range?.step ?? 1),
    );
    const after = ranges.map((range, axis) => {
      if (!range) return 0;
      return staticDim(n.inputs[0]!.type.shape, axis) - range.start - staticDim(spread.type.shape, axis);
    });
    return [
      padAll(
        b,
        spread,
        ranges.map((range) => range?.start ?? 0),
        after,
      ),
    ];
  },
  emit: (w, n) => {
    const cut = n.attrs.ranges.flatMap((range, axis) => (range ? [{ ...range, axis }] : []));
    const column = (pick: (one: (typeof cut)[number]) => number) => w.ints(cut.map(pick));
    w.same(n, 'Slice', {}, [
      column(({ start }) => start),
      column(({ end }) => end),
      column(({ axis }) => axis),
      ...(cut.some(({ step }) => step !== 1) ? [column(({ step }) => step)] : []),
    ]);
  },
};

/**
 * A range of each axis. Null keeps the whole axis, which may then be symbolic.
 * @throws ShapeError if a range is not within its axis
 */
export const window = Object.assign(
  (b: Builder, x: Value, ranges: readonly (Range | null)[]): Value => {
    const needed = ranges.map((range, axis) => (range && isWhole(range, x.type.shape[axis]) ? null : range));
    return needed.every((range) => range === null) ? x : b.apply1(windowOp, [x], { ranges: needed });
  },
  { op: windowOp },
);

function isWhole({ start, end, step }: Range, size: Shape[number] | undefined): boolean {
  return start === 0 && end === size && step === 1;
}

function count({ start, end, step }: Range): number {
  return Math.ceil((end - start) / step);
}

interface PadAttrs {
  /** One number per axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly value: number;
}

const padOp: Op<PadAttrs> = {
  name: 'Pad',
  infer: ([x], { before, after }) => {
    expectDomain(floats, [x!]);
    const shape = x!.shape.map((dim, axis) => {
      const [head, tail] = [before[axis]!, after[axis]!];
      if (head < 0 || tail < 0) throw new ShapeError(`wants pads of 0 or more; got ${head} and ${tail}`);
      return head === 0 && tail === 0 ? dim : staticDim(x!.shape, axis) + head + tail;
    });
    return [{ dtype: x!.dtype, shape }];
  },
  vjp: (b, n, [ct]) => {
    const { before, after } = n.attrs;
    const ranges = before.map((start, axis) =>
      start === 0 && after[axis] === 0 ? null : { start, end: staticDim(ct!.type.shape, axis) - after[axis]!, step: 1 },
    );
    return [window(b, ct!, ranges)];
  },
  emit: (w, n) => {
    const { before, after, value } = n.attrs;
    const { dtype } = n.inputs[0]!.type;
    const fill = value === 0 ? [] : [w.number(dtype, value)];
    w.same(n, 'Pad', { mode: { string: 'constant' } }, [w.ints([...before, ...after]), ...fill]);
  },
};

/** Pads every axis with a constant, by default 0, before and after it. Axes without padding may be symbolic. */
export const padAll = Object.assign(
  (b: Builder, x: Value, before: readonly number[], after: readonly number[], value = 0): Value =>
    [...before, ...after].every((size) => size === 0) ? x : b.apply1(padOp, [x], { before, after, value }),
  { op: padOp },
);

/** Inserts zeros between neighbours along every axis, so that they are `step` apart. */
export function dilate(b: Builder, x: Value, steps: readonly number[]): Value {
  const { shape } = x.type;
  const apart = reshape(
    b,
    x,
    shape.flatMap((dim, axis) => (steps[axis] === 1 ? [dim] : [dim, 1])),
  );
  const gaps = steps.flatMap((step) => (step === 1 ? [0] : [0, step - 1]));
  const filled = padAll(
    b,
    apart,
    gaps.map(() => 0),
    gaps,
  );
  const joined = reshape(
    b,
    filled,
    shape.map((dim, axis) => (steps[axis] === 1 ? dim : staticDim(shape, axis) * steps[axis]!)),
  );
  // The last element of each axis has no next neighbour.
  const ranges = steps.map((step, axis) =>
    step === 1 ? null : { start: 0, end: Math.max(0, (staticDim(shape, axis) - 1) * step + 1), step: 1 },
  );
  return window(b, joined, ranges);
}

/** @throws ShapeError if the axis is symbolic */
export function staticDim(shape: Shape, axis: number): number {
  const dim = shape[axis];
  if (typeof dim === 'number') return dim;
  throw new ShapeError(`wants axis ${axis} of a size known in advance; got ${formatShape(shape)}`);
}
