import { Moments } from '../profile/moments.ts';
import type { Target } from './columns.ts';

/** A regression learns (y − mean) / deviation, computed from the training rows. Classes have no scale. */
export interface TargetScale {
  readonly mean: number;
  readonly deviation: number;
}

export function fitTarget(target: Target, training: Int32Array): TargetScale {
  if (target.task !== 'regression') return { mean: 0, deviation: 1 };
  const moments = new Moments();
  for (const row of training) moments.add(target.values[row]!);
  return moments.scale;
}
