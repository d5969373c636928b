import { add, div, mul, sqrt, sub } from '../ops/elementwise.ts';
import { cast } from '../ops/select.ts';
import { decayed } from './decay.ts';
import { expectDecay, type Optimizer } from './optimizer.ts';

export interface RmspropOptions {
  readonly learningRate: number;
  /** How much of the mean square stays from step to step. */
  readonly alpha?: number;
  readonly epsilon?: number;
  /** Added to the gradient, times the parameter. */
  readonly weightDecay?: number;
}

/**
 * RMSprop: Tieleman and Hinton 2012, lecture 6.5: s ← α s + (1 − α) g², p ← p − lr · g / (√s + ε).
 * @throws ShapeError unless alpha is in [0, 1)
 */
export function rmsprop({ learningRate, alpha = 0.99, epsilon = 1e-8, weightDecay = 0 }: RmspropOptions): Optimizer {
  expectDecay('alpha', alpha);
  return {
    name: 'rmsprop',
    learningRate,
    slots: ['mean_square'],
    update: (b, u) => {
      const gradient = decayed(b, u, weightDecay);
      const fresh = mul(b, mul(b, gradient, gradient), 1 - alpha);
      const meanSquare = add(b, mul(b, u.slots.mean_square!, alpha), fresh);
      const direction = div(b, gradient, add(b, sqrt(b, meanSquare), epsilon));
      const rate = cast(b, u.learningRate, u.parameter.type.dtype);
      return { parameter: sub(b, u.parameter, mul(b, direction, rate)), slots: { mean_square: meanSquare } };
    },
  };
}
