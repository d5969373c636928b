import type { Builder, Value } from '../graph.ts';
import { softplus } from '../ops/activation.ts';
import { equal, greater } from '../ops/compare.ts';
import { abs, minimum, mul, sub } from '../ops/elementwise.ts';
import { reduceMean, reduceMin } from '../ops/reduce.ts';
import { cast } from '../ops/select.ts';
import { formatType, ShapeError, sameShape } from '../type.ts';
import type { Loss } from './loss-type.ts';

export { crossEntropy, softmaxCrossEntropy } from './cross-entropy.ts';
export type { Loss, TargetBounds } from './loss-type.ts';

/** A loss per output and target, averaged over the outputs of a row. Targets have the type of the outputs. */
function elementwise(name: string, perElement: (b: Builder, output: Value, target: Value) => Value): Loss {
  return {
    name,
    perRow: (b, outputs, target) => {
      if (!sameShape(outputs.type.shape, target.type.shape) || outputs.type.dtype !== target.type.dtype)
        throw new ShapeError(
          `${name} wants targets ${formatType(outputs.type)}, like the outputs; got ${formatType(target.type)}`,
        );
      const axes = outputs.type.shape.map((_, axis) => axis).slice(1);
      return reduceMean(b, perElement(b, outputs, target), { axes });
    },
  };
}

/** (output − target)². */
export const squaredError: Loss = elementwise('squared_error', (b, output, target) => {
  const difference = sub(b, output, target);
  return mul(b, difference, difference);
});

/** |output − target|. */
export const absoluteError: Loss = elementwise('absolute_error', (b, output, target) => abs(b, sub(b, output, target)));

/**
 * d²/2 for differences of at most δ, otherwise δ · (|d| − δ/2): Huber 1964.
 * @throws ShapeError if δ is not positive
 */
export function huberError(delta = 1): Loss {
  if (!(delta > 0)) throw new ShapeError(`huber_error delta must be greater than 0; got ${delta}`);
  return elementwise('huber_error', (b, output, target) => {
    const distance = abs(b, sub(b, output, target));
    // With q = min(|d|, δ), both cases are q (|d| − q/2).
    const near = minimum(b, distance, delta);
    return mul(b, near, sub(b, distance, mul(b, near, 0.5)));
  });
}

/**
 * −t log σ(x) − (1 − t) log(1 − σ(x)) for targets t in [0, 1], without overflow: max(x, 0) − x t + log(1 + e^−|x|).
 * A row is correct if each of its outputs is on the same side of one half as its target.
 */
export const binaryCrossEntropy: Loss = {
  ...elementwise('binary_cross_entropy', (b, x, target) => sub(b, softplus(b, x), mul(b, x, target))),
  correct: (b, x, target) => {
    const right = cast(b, equal(b, greater(b, x, 0), greater(b, target, 0.5)), x.type.dtype);
    const axes = x.type.shape.map((_, axis) => axis).slice(1);
    return reduceMin(b, right, { axes });
  },
  targets: () => ({ least: 0, most: 1 }),
};
