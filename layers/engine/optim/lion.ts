import { add, mul, sign, sub } from '../ops/elementwise.ts';
import { cast } from '../ops/select.ts';
import { decayed } from './decay.ts';
import { expectDecay, type Optimizer } from './optimizer.ts';

export interface LionOptions {
  readonly learningRate: number;
  readonly beta1?: number;
  readonly beta2?: number;
  /** Taken off the parameter, times the learning rate. */
  readonly weightDecay?: number;
}

/**
 * Lion: Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", algorithm 2:
 * p ← p − lr · (sign(β₁ m + (1 − β₁) g) + decay · p), then m ← β₂ m + (1 − β₂) g.
 * @throws ShapeError unless both betas are in [0, 1)
 */
export function lion({ learningRate, beta1 = 0.9, beta2 = 0.99, weightDecay = 0 }: LionOptions): Optimizer {
  expectDecay('beta1', beta1);
  expectDecay('beta2', beta2);
  return {
    name: 'lion',
    learningRate,
    slots: ['moment'],
    update: (b, u) => {
      const mixed = (beta: number) => add(b, mul(b, u.slots.moment!, beta), mul(b, u.gradient, 1 - beta));
      const direction = sign(b, mixed(beta1));
      const change = decayed(b, { ...u, gradient: direction }, weightDecay);
      const rate = cast(b, u.learningRate, u.parameter.type.dtype);
      return { parameter: sub(b, u.parameter, mul(b, change, rate)), slots: { moment: mixed(beta2) } };
    },
  };
}
