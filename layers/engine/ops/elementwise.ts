import { zeroGradient } from '../op.ts';
import { equal, greater } from './compare.ts';
import { binary, unary } from './define.ts';
import { floats, integers, numbers, shortFloats } from './domain.ts';
import { cast, where } from './select.ts';

export const add = binary({
  name: 'Add',
  domain: numbers,
  gradient: [(_, ct) => ct, (_, ct) => ct],
  fold: (x, y) => x + y,
});

export const sub = binary({
  name: 'Sub',
  domain: numbers,
  gradient: [(_, ct) => ct, (b, ct) => neg(b, ct)],
  fold: (x, y) => x - y,
});

/** The gradient of a square is one product with 2 x, which is shared, so nothing has to be added up. */
export const mul = binary({
  name: 'Mul',
  domain: numbers,
  gradient: [
    (b, ct, x, y) => mul(b, ct, x === y ? add(b, y, y) : y),
    (b, ct, x, y) => (x === y ? undefined : mul(b, ct, x)),
  ],
  fold: (x, y) => x * y,
});

export const div = binary({
  name: 'Div',
  domain: numbers,
  gradient: [(b, ct, _, y) => div(b, ct, y), (b, ct, _, y, n) => neg(b, mul(b, ct, div(b, n.outputs[0]!, y)))],
  fold: (x, y) => x / y,
});

/** x to the power y. The gradient with respect to y is that of exp(y log x) if x is positive, otherwise 0. */
export const pow = binary({
  name: 'Pow',
  domain: floats,
  gradient: [
    (b, ct, x, y) => mul(b, ct, mul(b, y, pow(b, x, sub(b, y, 1)))),
    (b, ct, x, _, n) => {
      const positive = greater(b, x, 0);
      return mul(b, ct, where(b, positive, mul(b, n.outputs[0]!, log(b, where(b, positive, x, 1))), 0));
    },
  ],
  fold: (x, y) => x ** y,
});

/** Where the operands are equal, each takes half of the gradient. */
export const maximum = binary({
  name: 'Max',
  domain: numbers,
  gradient: [
    (b, ct, x, y) => mul(b, ct, where(b, equal(b, x, y), 0.5, cast(b, greater(b, x, y), x.type.dtype))),
    (b, ct, x, y) => mul(b, ct, where(b, equal(b, x, y), 0.5, cast(b, greater(b, y, x), x.type.dtype))),
  ],
  fold: Math.max,
});

/** Where the operands are equal, each takes half of the gradient. */
export const minimum = binary({
  name: 'Min',
  domain: numbers,
  gradient: [
    (b, ct, x, y) => mul(b, ct, where(b, equal(b, x, y), 0.5, cast(b, greater(b, y, x), x.type.dtype))),
    (b, ct, x, y) => mul(b, ct, where(b, equal(b, x, y), 0.5, cast(b, greater(b, x, y), x.type.dtype))),
  ],
  fold: Math.min,
});

/** The integer remainder, with the sign of the divisor. */
export const mod = binary({ name: 'Mod', domain: integers, gradient: zeroGradient });

export const neg = unary({ name: 'Neg', domain: numbers, gradient: (b, ct) => neg(b, ct), fold: (x) => -x });

export const abs = unary({
  name: 'Abs',
  domain: numbers,
  gradient: (b, ct, x) => mul(b, ct, sign(b, x)),
  fold: Math.abs,
});

export const sign = unary({ name: 'Sign', domain: numbers, gradient: zeroGradient, fold: Math.sign });
export const floor = unary({ name: 'Floor', domain: floats, gradient: zeroGradient, fold: Math.floor });
export const ceil = unary({ name: 'Ceil', domain: floats, gradient: zeroGradient, fold: Math.ceil });
/** Rounds to the nearest integer, with halves to even. */
export const round = unary({ name: 'Round', domain: floats, gradient: zeroGradient });

export const exp = unary({ name: 'Exp', domain: floats, gradient: (b, ct, _, y) => mul(b, ct, y), fold: Math.exp });
export const log = unary({ name: 'Log', domain: floats, gradient: (b, ct, x) => div(b, ct, x), fold: Math.log });

export const sqrt = unary({
  name: 'Sqrt',
  domain: floats,
  gradient: (b, ct, _, y) => div(b, mul(b, ct, 0.5), y),
  fold: Math.sqrt,
});

export const reciprocal = unary({
  name: 'Reciprocal',
  domain: floats,
  gradient: (b, ct, _, y) => neg(b, mul(b, ct, mul(b, y, y))),
  fold: (x) => 1 / x,
});

export const sin = unary({
  name: 'Sin',
  domain: floats,
  gradient: (b, ct, x) => mul(b, ct, cos(b, x)),
  fold: Math.sin,
});

export const cos = unary({
  name: 'Cos',
  domain: floats,
  gradient: (b, ct, x) => neg(b, mul(b, ct, sin(b, x))),
  fold: Math.cos,
});

/** The error function; its derivative is 2/√π · exp(−x²). */
export const erf = unary({
  name: 'Erf',
  domain: shortFloats,
  gradient: (b, ct, x) => mul(b, ct, mul(b, exp(b, neg(b, mul(b, x, x))), 2 / Math.sqrt(Math.PI))),
});
