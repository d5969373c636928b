import type { Builder, Value } from '../graph.ts';
import type { Op, Vjp } from '../op.ts';
import { normalizeAxis } from '../type.ts';
import { expectDomain, floats } from './domain.ts';
import { exp, mul, sub } from './elementwise.ts';
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
