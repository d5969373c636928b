import type { Builder, Value } from './graph.ts';
import { equal } from './ops/compare.ts';
import { mul, neg, sub } from './ops/elementwise.ts';
import { oneHot } from './ops/indexing.ts';
import { logSoftmax } from './ops/norm.ts';
import { argMax, reduceMean, reduceSum } from './ops/reduce.ts';
import { cast } from './ops/select.ts';
import { formatType, isFloat, isInteger, ShapeError, sameShape } from './type.ts';

/** What training makes small. */
export interface Loss {
  readonly name: string;
  /** Each row's loss [rows], from the network's outputs [rows, outputs] and the targets. */
  perRow(b: Builder, outputs: Value, target: Value): Value;
  /** 1 for each row that is predicted right, else 0 [rows]; only where right and wrong exist. */
  correct?(b: Builder, outputs: Value, target: Value): Value;
}

/** −log softmax(logits)[target], for integer targets [rows] counted from 0; a row is right if its target is the largest. */
export const softmaxCrossEntropy: Loss = {
  name: 'softmax_cross_entropy',
  perRow: (b, logits, target) => {
    const hot = oneHot(b, classTargets(logits, target), classes(logits), floatType(logits));
    return neg(b, reduceSum(b, mul(b, logSoftmax(b, logits), hot), { axes: [-1] }));
  },
  correct: (b, logits, target) =>
    cast(b, equal(b, argMax(b, logits), cast(b, classTargets(logits, target), 'int64')), logits.type.dtype),
};

/** (output − target)², averaged over a row's outputs; targets have the outputs' shape. */
export const squaredError: Loss = {
  name: 'squared_error',
  perRow: (b, outputs, target) => {
    if (!sameShape(outputs.type.shape, target.type.shape) || outputs.type.dtype !== target.type.dtype)
      throw new ShapeError(
        `squared_error wants targets ${formatType(outputs.type)}, like the outputs; got ${formatType(target.type)}`,
      );
    const difference = sub(b, outputs, target);
    return reduceMean(b, mul(b, difference, difference), { axes: [-1] });
  },
};

function classTargets(logits: Value, target: Value): Value {
  const { dtype, shape } = target.type;
  if (isInteger(dtype) && shape.length === 1 && shape[0] === logits.type.shape[0]) return target;
  throw new ShapeError(
    `softmax_cross_entropy wants int64[${logits.type.shape[0]}] targets for logits ${formatType(logits.type)}; got ${formatType(target.type)}`,
  );
}

function classes(logits: Value): number {
  const [, outputs] = logits.type.shape;
  if (logits.type.shape.length === 2 && typeof outputs === 'number') return outputs;
  throw new ShapeError(`softmax_cross_entropy wants logits [rows, classes]; got ${formatType(logits.type)}`);
}

function floatType(logits: Value): 'float32' | 'float64' {
  const { dtype } = logits.type;
  if (isFloat(dtype)) return dtype;
  throw new ShapeError(`softmax_cross_entropy wants float logits; got ${formatType(logits.type)}`);
}
