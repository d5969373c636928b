import type { Builder, Value } from '../graph.ts';
import type { Op } from '../op.ts';
import { tensorFrom } from '../tensor.ts';
import { ShapeError, staticShape } from '../type.ts';
import { expectDomain, shortFloats } from './domain.ts';
import { reshape } from './movement.ts';
import { reduceSum } from './reduce.ts';

interface RepeatAttrs {
  readonly times: number;
}

/** So many neighbours are repeated together: a larger product would compute with more zeros. */
const MOST_TOGETHER = 16;

const repeatOp: Op<RepeatAttrs> = {
  name: 'Repeat',
  infer: ([x], { times }) => {
    expectDomain(shortFloats, [x!]);
    const shape = staticShape(x!.shape);
    if (shape.length === 0) throw new ShapeError('wants an axis whose elements to repeat; got a scalar');
    if (!Number.isInteger(times) || times < 1) throw new ShapeError(`wants to repeat once or more; got ${times}`);
    return [{ dtype: x!.dtype, shape: [...shape.slice(0, -1), shape.at(-1)! * times] }];
  },
  vjp: (b, n, [ct]) => {
    const x = n.inputs[0]!;
    const apart = reshape(b, ct!, [...x.type.shape, n.attrs.times]);
    return [reduceSum(b, apart, { axes: [-1] })];
  },
  /*
   *  A product with ones and zeros, which takes a fraction of the time in which single elements are copied:
   *
   *     [a b] · [1 1 0 0] = [a a b b]
   *             [0 0 1 1]
   */
  emit: (w, n) => {
    const { place, attrs, outputs } = n;
    const { dtype, shape } = n.inputs[0]!.type;
    const together = divisor(staticShape(shape).at(-1)!);
    const columns = together * attrs.times;
    const ones = Array.from({ length: together * columns }, (_, i) =>
      Number(Math.floor(i / columns) === Math.floor((i % columns) / attrs.times)),
    );
    const matrix = w.initializer(tensorFrom(dtype, [together, columns], ones));
    const rows = w.step('Reshape', [w.name(n.inputs[0]!), w.ints([-1, together])], { place });
    const product = w.step('MatMul', [rows, matrix], { place });
    w.node('Reshape', [product, w.ints(outputs[0]!.type.shape.map(Number))], [w.name(outputs[0]!)], { place });
  },
};

/** The largest that is not too large. */
function divisor(size: number): number {
  for (let d = MOST_TOGETHER; d > 1; d--) if (size % d === 0) return d;
  return 1;
}

/**
 * Each element of the last axis so many times, side by side: [..., n] → [..., n · times]. Finite numbers stay as they are.
 * @throws ShapeError
 */
export const repeat = Object.assign(
  (b: Builder, x: Value, times: number): Value => (times === 1 ? x : b.apply1(repeatOp, [x], { times })),
  { op: repeatOp },
);
