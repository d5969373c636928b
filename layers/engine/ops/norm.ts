import type { Builder, Value } from '../graph.ts';
import type { Op, Vjp } from '../op.ts';
import { formatType, normalizeAxis, ShapeError, sameShape } from '../type.ts';
import { expectDomain, floats } from './domain.ts';
import { exp, mul, sub } from './elementwise.ts';
import { unsqueeze } from './movement.ts';
import { reduceSum } from './reduce.ts';

interface AxisAttrs {
  readonly axis: number;
}

function alongAxis(name: string, vjp: Vjp<AxisAttrs>) {
  const op: Op<AxisAttrs> = {
    name,
    infer: ([x]) => {
      expectDomain(floats, [x!]);
      return [x!];
    },
    vjp,
    emit: (w, n) => w.same(n, name, { axis: { int: n.attrs.axis } }),
  };
  const apply = (b: Builder, x: Value, axis = -1): Value =>
    b.apply1(op, [x], { axis: normalizeAxis(axis, x.type.shape.length) });
  return Object.assign(apply, { op });
}

/** exp x / Σ exp x along an axis. */
export const softmax = alongAxis('Softmax', (b, n, [ct]) => {
  const y = n.outputs[0]!;
  const inner = reduceSum(b, mul(b, ct!, y), { axes: [n.attrs.axis], keepDims: true });
  return [mul(b, y, sub(b, ct!, inner))];
});

/** x − log Σ exp x along an axis. */
export const logSoftmax = alongAxis('LogSoftmax', (b, n, [ct]) => {
  const total = reduceSum(b, ct!, { axes: [n.attrs.axis], keepDims: true });
  return [sub(b, ct!, mul(b, exp(b, n.outputs[0]!), total))];
});

const crossEntropyOp: Op<undefined> = {
  name: 'CrossEntropy',
  infer: ([x, target]) => {
    expectDomain(floats, [x!]);
    if (target!.dtype !== x!.dtype || !sameShape(target!.shape, x!.shape))
      throw new ShapeError(`wants targets ${formatType(x!)}; got ${formatType(target!)}`);
    return [{ dtype: x!.dtype, shape: x!.shape.slice(0, -1) }];
  },
  vjp: (b, n, [ct]) => {
    const [x, target] = n.inputs as readonly [Value, Value];
    const probabilities = exp(b, logSoftmax(b, x));
    const slope = sub(b, probabilities, target);
    return [mul(b, slope, unsqueeze(b, ct!, [-1])), undefined];
  },
  emit: (w, n) => {
    const { place, outputs } = n;
    const [x, target] = n.inputs as readonly [Value, Value];
    const logs = w.step('LogSoftmax', [w.name(x)], { attributes: { axis: { int: x.type.shape.length - 1 } }, place });
    const picked = w.step('Mul', [logs, w.name(target)], { place });
    const sum = w.step('ReduceSum', [picked, w.ints([-1])], { attributes: { keepdims: { int: 0 } }, place });
    w.node('Neg', [sum], [w.name(outputs[0]!)], { place });
  },
};

/**
 * −log softmax(x) of the one class of each row that is its target, along the last axis: [..., classes] → [...]. The gradient
 * is the probabilities less 1 for the target, so no sum over classes is taken for it.
 * @param target of the type of x, 1 for one class of each row and 0 for the others; it has no gradient
 */
export const crossEntropyOf = Object.assign(
  (b: Builder, x: Value, target: Value): Value => b.apply1(crossEntropyOp, [x, target], undefined),
  { op: crossEntropyOp },
);
