import type { Builder, Value } from '../graph.ts';
import { equal } from '../ops/compare.ts';
import { add, mul, neg, sub } from '../ops/elementwise.ts';
import { oneHot } from '../ops/indexing.ts';
import { unsqueeze } from '../ops/movement.ts';
import { crossEntropyOf, logSoftmax } from '../ops/norm.ts';
import { argMax, reduceSum } from '../ops/reduce.ts';
import { cast } from '../ops/select.ts';
import { tensorFrom } from '../tensor.ts';
import { type FloatType, formatType, isFloat, isInteger, ShapeError, type Type } from '../type.ts';
import type { Loss } from './loss-type.ts';

export interface CrossEntropyOptions {
  /** The weight of a row, by class. Default: 1. */
  readonly classWeights?: readonly number[];
  /** The part of the probability that is spread evenly over all classes, in [0, 1): Szegedy et al. 2016. */
  readonly labelSmoothing?: number;
  /** Rows with this target do not count. */
  readonly ignoreIndex?: number;
}

/**
 * −Σ q log softmax(logits) for integer targets [rows] counted from 0, where q is the target's class, smoothed:
 *
 *     row     w[y] (1 − ε) (−log p[y]) + ε/K Σ w[c] (−log p[c])
 *     mean    Σ row / Σ w[y]
 *
 * A row is correct if the logit of its target is the largest.
 * @throws ShapeError if an option is out of range
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Loss {
  const { classWeights, labelSmoothing = 0, ignoreIndex } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing < 1))
    throw new ShapeError(`label smoothing must be at least 0 and below 1; got ${labelSmoothing}`);
  /** One-hot times the class weights. A target that is not a class, or is ignored, is all zeros. */
  const hot = (b: Builder, logits: Value, target: Value): Value => {
    const classes = classCount(logits.type);
    if (classWeights && classWeights.length !== classes)
      throw new ShapeError(`class weights must be ${classes}, one a class; got ${classWeights.length}`);
    const dtype = floatType(logits);
    const marks = oneHot(b, classTargets(logits, target), classes, dtype);
    const kept = ignoreIndex === undefined ? marks : mul(b, marks, notIgnored(b, target, ignoreIndex, dtype));
    return classWeights ? mul(b, kept, b.constant(tensorFrom(dtype, [classes], classWeights))) : kept;
  };
  const rowWeight = (b: Builder, logits: Value, target: Value) => reduceSum(b, hot(b, logits, target), { axes: [-1] });
  return {
    name: 'softmax_cross_entropy',
    perRow: (b, logits, target) => {
      if (labelSmoothing === 0 && !classWeights && ignoreIndex === undefined)
        return crossEntropyOf(b, logits, hot(b, logits, target));
      const logs = logSoftmax(b, logits);
      const sharp = neg(b, reduceSum(b, mul(b, logs, hot(b, logits, target)), { axes: [-1] }));
      if (labelSmoothing === 0) return sharp;
      const weighted = classWeights
        ? mul(b, logs, b.constant(tensorFrom(floatType(logits), [classWeights.length], classWeights)))
        : logs;
      const all = reduceSum(b, weighted, { axes: [-1] });
      const even = mul(b, all, -labelSmoothing / classCount(logits.type));
      const kept =
        ignoreIndex === undefined
          ? even
          : mul(b, even, reduceSum(b, notIgnored(b, target, ignoreIndex, floatType(logits)), { axes: [-1] }));
      return add(b, mul(b, sharp, 1 - labelSmoothing), kept);
    },
    ...(classWeights || ignoreIndex !== undefined ? { rowWeight } : {}),
    correct: (b, logits, target) =>
      cast(b, equal(b, argMax(b, logits), cast(b, classTargets(logits, target), 'int64')), logits.type.dtype),
    targets: (logits) => ({
      least: 0,
      most: classCount(logits) - 1,
      ...(ignoreIndex === undefined ? {} : { ignored: ignoreIndex }),
    }),
  };
}

/** −log softmax(logits)[target], for integer targets [rows] counted from 0. */
export const softmaxCrossEntropy: Loss = crossEntropy();

/** [rows, 1]: 0 if the target is ignored, otherwise 1. */
function notIgnored(b: Builder, target: Value, ignored: number, dtype: FloatType): Value {
  const hit = cast(b, equal(b, cast(b, target, 'int64'), ignored), dtype);
  return unsqueeze(b, sub(b, 1, hit), [-1]);
}

function classTargets(logits: Value, target: Value): Value {
  const { dtype, shape } = target.type;
  if (isInteger(dtype) && shape.length === 1 && shape[0] === logits.type.shape[0]) return target;
  throw new ShapeError(
    `softmax_cross_entropy wants int64[${logits.type.shape[0]}] targets for logits ${formatType(logits.type)}; got ${formatType(target.type)}`,
  );
}

function classCount(logits: Type): number {
  const [, outputs] = logits.shape;
  if (logits.shape.length === 2 && typeof outputs === 'number') return outputs;
  throw new ShapeError(`softmax_cross_entropy wants logits [rows, classes]; got ${formatType(logits)}`);
}

function floatType(logits: Value): FloatType {
  const { dtype } = logits.type;
  if (isFloat(dtype)) return dtype;
  throw new ShapeError(`softmax_cross_entropy wants float logits; got ${formatType(logits.type)}`);
}
