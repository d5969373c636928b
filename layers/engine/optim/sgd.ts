import { add, mul, sub } from '../ops/elementwise.ts';
import { cast } from '../ops/select.ts';
import { decayed } from './decay.ts';
import type { Optimizer } from './optimizer.ts';

export interface SgdOptions {
  readonly learningRate: number;
  /** In [0, 1); 0 keeps no velocity. */
  readonly momentum?: number;
  /** Looks ahead along the velocity: Sutskever et al. 2013; needs momentum. */
  readonly nesterov?: boolean;
  /** Added to the gradient, times the parameter. */
  readonly weightDecay?: number;
}

/**
 * Gradient descent: v ← momentum · v + g, p ← p − lr · v; without momentum p ← p − lr · g; by Nesterov
 * p ← p − lr · (g + momentum · v).
 */
export function sgd({ learningRate, momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions): Optimizer {
  return {
    name: 'sgd',
    learningRate,
    slots: momentum === 0 ? [] : ['velocity'],
    update: (b, u) => {
      const rate = cast(b, u.learningRate, u.parameter.type.dtype);
      const gradient = decayed(b, u, weightDecay);
      if (momentum === 0) return { parameter: sub(b, u.parameter, mul(b, gradient, rate)), slots: {} };
      const velocity = add(b, mul(b, u.slots.velocity!, momentum), gradient);
      const direction = nesterov ? add(b, gradient, mul(b, velocity, momentum)) : velocity;
      return { parameter: sub(b, u.parameter, mul(b, direction, rate)), slots: { velocity } };
    },
  };
}
