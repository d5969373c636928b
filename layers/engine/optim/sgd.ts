import { add, mul, sub } from '../ops/elementwise.ts';
import { cast } from '../ops/select.ts';
import { ShapeError } from '../type.ts';
import { decayed } from './decay.ts';
import { expectDecay, type Optimizer } from './optimizer.ts';

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
 * @throws ShapeError unless momentum is in [0, 1), and greater than 0 for Nesterov
 */
export function sgd({ learningRate, momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions): Optimizer {
  expectDecay('momentum', momentum);
  if (nesterov && momentum === 0) throw new ShapeError('nesterov must have a momentum greater than 0; got 0');
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
