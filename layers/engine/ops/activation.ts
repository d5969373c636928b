import type { Builder, Value } from '../graph.ts';
import { dataType } from '../onnx/proto.ts';
import { zeroGradient } from '../op.ts';
import { greater } from './compare.ts';
import { unary } from './define.ts';
import { floats, shortFloats } from './domain.ts';
import { abs, add, erf, exp, log, maximum, minimum, mul, neg, sub } from './elementwise.ts';
import { where } from './select.ts';

export const tanh = unary({
  name: 'Tanh',
  domain: floats,
  gradient: (b, ct, _, y) => mul(b, ct, sub(b, 1, mul(b, y, y))),
  fold: Math.tanh,
});

export const sigmoid = unary({
  name: 'Sigmoid',
  domain: floats,
  gradient: (b, ct, _, y) => mul(b, ct, mul(b, y, sub(b, 1, y))),
  fold: (x) => 1 / (1 + Math.exp(-x)),
  // The runtime turns x · sigmoid(x) into QuickGelu, for which it has no float64 kernel. It leaves σ(−(−x)) alone.
  emit: (w, n) => {
    const { place } = n;
    const [x, y] = [w.name(n.inputs[0]!), w.name(n.outputs[0]!)];
    const negated = (name: string) => w.step('Neg', [name], { place });
    w.node('Sigmoid', [n.inputs[0]!.type.dtype === 'float64' ? negated(negated(x)) : x], [y], { place });
  },
});

const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/**
 * 1 where x is positive, otherwise 0. In float32 it is one pass over memory, where a comparison and a cast are two: x times the
 * largest number, limited to 0 and 1. Even the smallest normal number is then above 1.
 */
export const unitStep = unary({
  name: 'UnitStep',
  domain: floats,
  gradient: zeroGradient,
  fold: (x) => (x > 0 ? 1 : 0),
  emit: (w, n) => {
    const { dtype } = n.inputs[0]!.type;
    const { place } = n;
    const [x, y] = [w.name(n.inputs[0]!), w.name(n.outputs[0]!)];
    if (dtype === 'float32') {
      const attributes = { alpha: { float: LARGEST_FLOAT32 }, beta: { float: 0 } };
      w.node('HardSigmoid', [x], [y], { attributes, place });
      return;
    }
    const isPositive = w.step('Greater', [x, w.number(dtype, 0)], { place });
    w.node('Cast', [isPositive], [y], { attributes: { to: { int: dataType[dtype] } }, place });
  },
});

/** The derivative at 0 is defined as 0. */
export const relu = unary({
  name: 'Relu',
  domain: floats,
  gradient: (b, ct, _, y) => mul(b, ct, unitStep(b, y)),
  fold: (x) => Math.max(x, 0),
});

/** x if it is positive, otherwise slope · x. */
export function leakyRelu(b: Builder, x: Value, slope = 0.01): Value {
  return where(b, greater(b, x, 0), x, mul(b, x, slope));
}

/**
 * x · Φ(x), by the error function: Hendrycks and Gimpel 2016. It is written so that the runtime fuses it into one
 * kernel: nothing reads the intermediate results, because the gradient computes Φ again. That also keeps one tensor
 * less.
 */
export const gelu = unary({
  name: 'Gelu',
  domain: shortFloats,
  gradient: (b, ct, x) => mul(b, ct, geluSlope(b, x)),
  emit: (w, n) => {
    const [x, y] = [w.name(n.inputs[0]!), w.name(n.outputs[0]!)];
    const { place } = n;
    const step = (op: string, value: string, by: number) =>
      w.step(op, [value, w.number(n.inputs[0]!.type.dtype, by)], { place });
    const cdf = step('Add', w.step('Erf', [step('Div', x, Math.SQRT2)], { place }), 1);
    const twice = w.step('Mul', [x, cdf], { place });
    w.node('Mul', [twice, w.number(n.inputs[0]!.type.dtype, 0.5)], [y], { place });
  },
});

/**
 * The derivative of `gelu`, Φ(x) + x φ(x) = ½ (1 + erf u + u · 2/√π · exp(−u²)) with u = x/√2. The factor is in the exponent,
 * where it takes the place of the sign: one pass over memory less.
 */
function geluSlope(b: Builder, x: Value): Value {
  const u = mul(b, x, Math.SQRT1_2);
  const bell = mul(b, u, exp(b, sub(b, Math.log(2 / Math.sqrt(Math.PI)), mul(b, u, u))));
  return mul(b, add(b, add(b, erf(b, u), bell), 1), 0.5);
}

/** The tanh approximation of `gelu`: Hendrycks and Gimpel 2016, section 2. */
export function geluTanh(b: Builder, x: Value): Value {
  const cube = mul(b, x, mul(b, x, x));
  const inner = mul(b, add(b, x, mul(b, cube, 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(b, mul(b, x, 0.5), add(b, tanh(b, inner), 1));
}

/** x · sigmoid(x). */
export function silu(b: Builder, x: Value): Value {
  return mul(b, x, sigmoid(b, x));
}

/** log(1 + exp x), without overflow for large x. */
export function softplus(b: Builder, x: Value): Value {
  return add(b, maximum(b, x, 0), log(b, add(b, exp(b, neg(b, abs(b, x))), 1)));
}

/** x, limited to two bounds. */
export function clip(b: Builder, x: Value, low: number, high: number): Value {
  return minimum(b, maximum(b, x, low), high);
}
