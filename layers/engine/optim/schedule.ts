import { less } from '../ops/compare.ts';
import { add, cos, div, minimum, mul, sub } from '../ops/elementwise.ts';
import { where } from '../ops/select.ts';
import type { Schedule } from './optimizer.ts';

/** From 0 to 1 over the first `warmup` steps, then to 0 along half a cosine until step `total`. */
export function cosineWithWarmup(warmup: number, total: number): Schedule {
  return (b, step) => {
    const rise = div(b, step, Math.max(1, warmup));
    const progress = minimum(b, div(b, sub(b, step, warmup), Math.max(1, total - warmup)), 1);
    const fall = mul(b, add(b, cos(b, mul(b, progress, Math.PI)), 1), 0.5);
    return where(b, less(b, step, warmup), rise, fall);
  };
}
