import type { Builder, Value } from '../graph.ts';
import { add, mul } from '../ops/elementwise.ts';
import type { Update } from './optimizer.ts';

/** The gradient of loss + decay/2 · ‖parameter‖²; the gradient itself for parameters that do not decay. */
export function decayed(b: Builder, { gradient, parameter, decay }: Update, weightDecay: number): Value {
  return decay && weightDecay !== 0 ? add(b, gradient, mul(b, parameter, weightDecay)) : gradient;
}
