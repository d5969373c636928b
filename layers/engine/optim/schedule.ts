import type { Builder, Value } from '../graph.ts';
import { less } from '../ops/compare.ts';
import { add, cos, div, floor, maximum, minimum, mul, pow, sub } from '../ops/elementwise.ts';
import { where } from '../ops/select.ts';
import type { Schedule } from './optimizer.ts';

/** The learning rate as it is, at every step. */
export const constant: Schedule = (b) => b.scalar('float64', 1);

/** Times `factor` after every `every` steps. */
export function stepDecay(every: number, factor: number): Schedule {
  return (b, step) => {
    const falls = floor(b, div(b, sub(b, step, 1), Math.max(1, every)));
    return pow(b, b.scalar('float64', factor), falls);
  };
}

/** From 0 to 1 over the first `warmup` steps, then in a straight line to 0 at step `total`. */
export function linearWithWarmup(warmup: number, total: number): Schedule {
  return warmedUp(warmup, total, (b, progress) => maximum(b, sub(b, 1, progress), 0));
}

/** From 0 to 1 over the first `warmup` steps, then to 0 along half a cosine until step `total`. */
export function cosineWithWarmup(warmup: number, total: number): Schedule {
  return warmedUp(warmup, total, (b, progress) => mul(b, add(b, cos(b, mul(b, progress, Math.PI)), 1), 0.5));
}

/** @param fall the factor by progress, which goes from 0 at the end of the warm-up to 1 at step `total` and stays there */
function warmedUp(warmup: number, total: number, fall: (b: Builder, progress: Value) => Value): Schedule {
  return (b, step) => {
    const rise = div(b, step, Math.max(1, warmup));
    const progress = minimum(b, div(b, sub(b, step, warmup), Math.max(1, total - warmup)), 1);
    return where(b, less(b, step, warmup), rise, fall(b, progress));
  };
}
