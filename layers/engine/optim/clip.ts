import type { Builder, Value } from '../graph.ts';
import { add, div, minimum, mul, sqrt } from '../ops/elementwise.ts';
import { reduceSumSquare } from '../ops/reduce.ts';

/** Gradients scaled down together so that their common Euclidean norm is at most `norm`. */
export function clipByGlobalNorm(b: Builder, gradients: readonly Value[], norm: number): Value[] {
  const squares = gradients.map((gradient) => reduceSumSquare(b, gradient));
  const total = sqrt(
    b,
    squares.reduce((sum, square) => add(b, sum, square)),
  );
  // The small term keeps a zero gradient from becoming 0 / 0.
  const factor = minimum(b, div(b, norm, add(b, total, 1e-6)), 1);
  return gradients.map((gradient) => mul(b, gradient, factor));
}
