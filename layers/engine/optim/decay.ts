import type { Builder, Value } from '../graph.ts';
import { add, mul } from '../ops/elementwise.ts';
import type { Update } from './optimizer.ts';

/** The gradient of loss + decay/2 · ‖parameter‖²; the gradient itself for parameters that do not decay. */
export function decayed(
  b: Builder,
  { gradient, parameter, decay }: Pick<Update, 'gradient' | 'parameter' | 'decay'>,
  weightDecay: number,
): Value {
  if (decay === false || weightDecay === 0) return gradient;
  return add(b, gradient, mul(b, parameter, decay === true ? weightDecay : mul(b, decay, weightDecay)));
}
