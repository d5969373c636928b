import type { Builder, Node, Value } from '../graph.ts';
import type { Maybe, Op } from '../op.ts';
import { type Dim, formatShape, normalizeAxis, type Shape, ShapeError, sameShape } from '../type.ts';
import { expectDomain, expectOneDType, floats } from './domain.ts';
import { add, div, mul, neg, sqrt, sub } from './elementwise.ts';
import { reshape, zerosLike } from './movement.ts';
import { reduceMean, reduceSum } from './reduce.ts';
import { staticDim } from './window.ts';

interface LayerNormAttrs {
  /** The first of the axes that are normalised together. All later ones are included. */
  readonly axis: number;
  readonly epsilon: number;
}

const layerNormOp: Op<LayerNormAttrs> = {
  name: 'LayerNormalization',
  infer: (inputs, { axis }) => {
    expectDomain(floats, inputs);
    const dtype = expectOneDType(inputs);
    const [x, ...affine] = inputs;
    const wanted = x!.shape.slice(axis);
    const odd = affine.find(({ shape }) => !sameShape(shape, wanted));
    if (odd) throw new ShapeError(`wants gain and bias ${formatShape(wanted)}; got ${formatShape(odd.shape)}`);
    const kept = { dtype, shape: x!.shape.map((dim, i): Dim => (i < axis ? dim : 1)) };
    return [x!, kept, kept];
  },
  vjp: (b, n, ct, need) => {
    const [x] = n.inputs as readonly [Value, Value, Value?];
    const [, mean, inverse] = n.outputs as readonly [Value, Value, Value];
    const normal = mul(b, sub(b, x, mean), inverse);
    const leading = x.type.shape.slice(0, n.attrs.axis).map((_, axis) => axis);
    const dy = ct[0];
    return [
      need[0] ? layerNormInput(b, n, ct, normal) : undefined,
      need[1] && dy ? reduceSum(b, mul(b, dy, normal), { axes: leading }) : undefined,
      need[2] && dy ? reduceSum(b, dy, { axes: leading }) : undefined,
    ];
  },
  emit: (w, n) => {
    const outputs = n.outputs.map((output, i) => (i === 0 || w.uses(output) ? w.name(output) : ''));
    while (outputs.at(-1) === '') outputs.pop();
    w.node(
      'LayerNormalization',
      n.inputs.map((input) => w.name(input)),
      outputs,
      { attributes: { axis: { int: n.attrs.axis }, epsilon: { float: n.attrs.epsilon } }, place: n.place },
    );
  },
};

/*
 *  with x̂ = (x − μ) r, r = 1/√(σ² + ε), means over the normalised axes:
 *
 *     by y:   dx = r (u − mean(u) − x̂ mean(u x̂)),  u = gain · ct
 *     by μ:   dx = ct / n                              by r:   dx = −r² x̂ ct / n
 */
function layerNormInput(b: Builder, n: Node<LayerNormAttrs>, ct: readonly Maybe<Value>[], normal: Value): Value {
  const [x, gain] = n.inputs as readonly [Value, Value];
  const inverse = n.outputs[2]!;
  const [dy, dMean, dInverse] = ct;
  const axes = x.type.shape.map((_, axis) => axis).slice(n.attrs.axis);
  const mean = (v: Value) => reduceMean(b, v, { axes, keepDims: true });
  const parts: Value[] = [];
  if (dy) {
    const u = mul(b, dy, gain);
    parts.push(mul(b, inverse, sub(b, sub(b, u, mean(u)), mul(b, normal, mean(mul(b, u, normal))))));
  }
  const count = axes.reduce((product, axis) => product * staticDim(x.type.shape, axis), 1);
  if (dInverse) {
    const factor = div(b, mul(b, dInverse, mul(b, inverse, inverse)), count);
    parts.push(neg(b, mul(b, normal, factor)));
  }
  const sum = parts.reduce<Maybe<Value>>((total, part) => (total ? add(b, total, part) : part), undefined);
  if (!dMean) return sum!;
  const even = div(b, dMean, count);
  // The mean's part is constant along the normalised axes, so it broadcasts. If it is the only part, add it to zeros.
  return add(b, sum ?? zerosLike(b, x), even);
}

export interface NormOptions {
  readonly epsilon?: number;
}

/**
 * x with mean 0 and variance 1 over `axis` and all later axes, times gain, plus bias. Both have the shape of those
 * axes: Ba et al. 2016.
 * @throws ShapeError
 */
export const layerNorm = Object.assign(
  (
    b: Builder,
    x: Value,
    gain: Value,
    bias?: Value,
    { axis = -1, epsilon = 1e-5 }: NormOptions & { readonly axis?: number } = {},
  ): Value => {
    const first = normalizeAxis(axis, x.type.shape.length);
    // The runtime's kernel returns its statistics in single precision, whatever its input.
    if (x.type.dtype === 'float32')
      return b.apply1(layerNormOp, bias ? [x, gain, bias] : [x, gain], { axis: first, epsilon });
    const axes = x.type.shape.map((_, i) => i).slice(first);
    const y = mul(b, standardize(b, x, axes, epsilon), gain);
    return bias ? add(b, y, bias) : y;
  },
  { op: layerNormOp },
);

/** x divided by its root mean square along the last axis, times gain: Zhang and Sennrich 2019. */
export function rmsNorm(b: Builder, x: Value, gain: Value, { epsilon = 1e-6 }: NormOptions = {}): Value {
  const square = reduceMean(b, mul(b, x, x), { axes: [-1], keepDims: true });
  return mul(b, div(b, x, sqrt(b, add(b, square, epsilon))), gain);
}

/**
 * x [batch, channels, ...] with mean 0 and variance 1 over groups of channels and all later axes, times gain, plus
 * bias, [channels] each: Wu and He 2018. With as many groups as channels it is instance normalisation.
 * @throws ShapeError if the groups do not divide the channels
 */
export function groupNorm(
  b: Builder,
  x: Value,
  groups: number,
  gain: Value,
  bias: Value,
  { epsilon = 1e-5 }: NormOptions = {},
): Value {
  const { shape } = x.type;
  const channels = staticDim(shape, 1);
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
    throw new ShapeError(`groupNorm wants groups that divide ${channels} channels; got ${groups}`);
  const grouped = reshape(b, x, [shape[0]!, groups, channels / groups, ...shape.slice(2)]);
  const axes = grouped.type.shape.map((_, axis) => axis).slice(2);
  return affine(b, reshape(b, standardize(b, grouped, axes, epsilon), shape), gain, bias);
}

/** Mean 0 and variance 1 over some axes. */
function standardize(b: Builder, x: Value, axes: readonly number[], epsilon: number): Value {
  const centred = sub(b, x, reduceMean(b, x, { axes, keepDims: true }));
  const variance = reduceMean(b, mul(b, centred, centred), { axes, keepDims: true });
  return div(b, centred, sqrt(b, add(b, variance, epsilon)));
}

function affine(b: Builder, x: Value, gain: Value, bias: Value): Value {
  return add(b, mul(b, x, perChannel(b, gain, x.type.shape)), perChannel(b, bias, x.type.shape));
}

/** [channels] as [channels, 1, …], which broadcasts over [batch, channels, …]. */
function perChannel(b: Builder, x: Value, like: Shape): Value {
  return reshape(b, x, [x.type.shape[0]!, ...like.slice(2).map(() => 1)]);
}

/** A batch normalisation's parameters and running statistics, [channels] each. */
export interface BatchNormValues {
  readonly gain: Value;
  readonly bias: Value;
  readonly mean: Value;
  readonly variance: Value;
}

/**
 * x [batch, channels, ...] normalised by the running statistics, as in inference.
 */
export function batchNormInference(
  b: Builder,
  x: Value,
  v: BatchNormValues,
  { epsilon = 1e-5 }: NormOptions = {},
): Value {
  const scale = div(b, v.gain, sqrt(b, add(b, v.variance, epsilon)));
  const shift = sub(b, v.bias, mul(b, v.mean, scale));
  return affine(b, x, scale, shift);
}

/**
 * x [batch, channels, ...] normalised by the statistics of the batch, as in training, and the running statistics after
 * it: running ← (1 − momentum) · running + momentum · batch, with the unbiased variance (Ioffe and Szegedy 2015). It is
 * written out because the runtime's training mode fails on CUDA.
 * @throws ShapeError if the batch is symbolic or has one value per channel
 */
export function batchNormTraining(
  b: Builder,
  x: Value,
  v: BatchNormValues,
  { epsilon = 1e-5, momentum = 0.1 }: NormOptions & { readonly momentum?: number } = {},
): { readonly y: Value; readonly mean: Value; readonly variance: Value } {
  const axes = x.type.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const count = axes.reduce((product, axis) => product * staticDim(x.type.shape, axis), 1);
  if (count < 2) throw new ShapeError(`batchNorm wants two values a channel or more to train; got ${count}`);
  const mean = reduceMean(b, x, { axes });
  const centred = sub(b, x, perChannel(b, mean, x.type.shape));
  const variance = reduceMean(b, mul(b, centred, centred), { axes });
  const scale = div(b, v.gain, sqrt(b, add(b, variance, epsilon)));
  const y = add(b, mul(b, centred, perChannel(b, scale, x.type.shape)), perChannel(b, v.bias, x.type.shape));
  const moved = (before: Value, now: Value, factor: number) =>
    add(b, mul(b, before, 1 - momentum), mul(b, now, factor));
  return {
    y,
    mean: moved(v.mean, mean, momentum),
    variance: moved(v.variance, variance, (momentum * count) / (count - 1)),
  };
}
