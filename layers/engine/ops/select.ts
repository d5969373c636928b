import type { Builder, Operand, Value } from '../graph.ts';
import { dataType } from '../onnx/proto.ts';
import type { Op } from '../op.ts';
import { broadcastShapes, type DType, isFloat, ShapeError } from '../type.ts';
import { expectOneDType } from './domain.ts';
import { unbroadcast } from './movement.ts';

const whereOp: Op<undefined> = {
  name: 'Where',
  infer: ([condition, x, y]) => {
    if (condition!.dtype !== 'bool') throw new ShapeError(`wants a bool condition; got ${condition!.dtype}`);
    return [{ dtype: expectOneDType([x!, y!]), shape: broadcastShapes(condition!.shape, x!.shape, y!.shape) }];
  },
  vjp: (b, n, [ct], need) => {
    const [condition, x, y] = n.inputs as readonly [Value, Value, Value];
    return [
      undefined,
      need[1] ? unbroadcast(b, where(b, condition, ct!, 0), x) : undefined,
      need[2] ? unbroadcast(b, where(b, condition, 0, ct!), y) : undefined,
    ];
  },
  isElementwise: true,
};

/** x where the condition holds, else y; all three broadcast. */
export const where = Object.assign(
  (b: Builder, condition: Value, x: Operand, y: Operand): Value => {
    const like = typeof x === 'number' ? y : x;
    if (typeof like === 'number') throw new ShapeError(`Where wants a value; got the numbers ${x} and ${y}`);
    return b.apply1(whereOp, [condition, b.operand(x, like), b.operand(y, like)], undefined);
  },
  { op: whereOp },
);

const castOp: Op<{ readonly to: DType }> = {
  name: 'Cast',
  infer: ([x], { to }) => [{ dtype: to, shape: x!.shape }],
  vjp: (b, n, [ct]) => [isFloat(n.attrs.to) ? cast(b, ct!, n.inputs[0]!.type.dtype) : undefined],
  isElementwise: true,
  emit: (w, n) => w.same(n, 'Cast', { to: { int: dataType[n.attrs.to] } }),
};

/** The same numbers in another element type; the value itself if it has that type already. */
export const cast = Object.assign(
  (b: Builder, x: Value, to: DType): Value => (x.type.dtype === to ? x : b.apply1(castOp, [x], { to })),
  { op: castOp },
);
