import type { Builder, Value } from '../graph.ts';
import { greater } from '../ops/compare.ts';
import { add, div, mul, pow, sqrt, sub } from '../ops/elementwise.ts';
import { cast, where } from '../ops/select.ts';
import { decayed } from './decay.ts';
import { expectDecay, type Optimizer, type Update } from './optimizer.ts';

export interface AdamOptions {
  readonly learningRate: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Adam: added to the gradient, times the parameter. AdamW: taken off the parameter, times the learning rate. */
  readonly weightDecay?: number;
}

/**
 * Adam: Kingma and Ba 2015, algorithm 1; weight decay goes through the gradient.
 * @throws ShapeError unless both betas are in [0, 1)
 */
export function adam({ weightDecay = 0, ...options }: AdamOptions): Optimizer {
  expectBetas(options);
  return {
    name: 'adam',
    learningRate: options.learningRate,
    slots: ['moment1', 'moment2'],
    update: (b, u) => step(b, { ...u, gradient: decayed(b, u, weightDecay) }, options),
  };
}

/**
 * Adam with decoupled weight decay: Loshchilov and Hutter 2019, algorithm 2.
 * @throws ShapeError unless both betas are in [0, 1)
 */
export function adamw({ weightDecay = 0.01, ...options }: AdamOptions): Optimizer {
  expectBetas(options);
  return {
    name: 'adamw',
    learningRate: options.learningRate,
    slots: ['moment1', 'moment2'],
    update: (b, u) => {
      const { decay, parameter } = u;
      if (decay === false || weightDecay === 0) return step(b, u, options);
      const shrink = cast(b, sub(b, 1, mul(b, u.learningRate, weightDecay)), parameter.type.dtype);
      const factor = decay === true ? shrink : where(b, greater(b, decay, 0), shrink, 1);
      return step(b, { ...u, parameter: mul(b, parameter, factor) }, options);
    },
  };
}

function expectBetas({ beta1 = 0.9, beta2 = 0.999 }: AdamOptions): void {
  expectDecay('beta1', beta1);
  expectDecay('beta2', beta2);
}

/*
 * The moments are carried without their factors, which saves two passes over memory:
 *
 *     m = (1 − β₁) u,  u ← β₁ u + g          v = (1 − β₂) w,  w ← β₂ w + g²
 *     p ← p − lr · m̂ / (√v̂ + ε)  =  p − scale · u / (√w + ε'),
 *     where  c = √((1 − β₂ᵗ) / (1 − β₂)),  ε' = ε c,  scale = lr · c · (1 − β₁) / (1 − β₁ᵗ)
 *
 * What depends on the step alone is computed in double precision: 1 − β₂ᵗ cancels in single.
 */
function step(b: Builder, u: Update, { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions) {
  const like = (x: Value) => cast(b, x, u.parameter.type.dtype);
  const unbias = (beta: number) => div(b, sub(b, 1, pow(b, b.scalar('float64', beta), u.step)), 1 - beta);
  const c = sqrt(b, unbias(beta2));
  const scale = div(b, mul(b, u.learningRate, c), unbias(beta1));
  const moment1 = add(b, mul(b, u.slots.moment1!, beta1), u.gradient);
  const moment2 = add(b, mul(b, u.slots.moment2!, beta2), mul(b, u.gradient, u.gradient));
  const direction = div(b, moment1, add(b, sqrt(b, moment2), like(mul(b, c, epsilon))));
  return { parameter: sub(b, u.parameter, mul(b, direction, like(scale))), slots: { moment1, moment2 } };
}
