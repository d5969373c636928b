/** Prediction intervals of a regression by split-conformal quantiles (Lei et al. 2018, algorithm 2). */

/** How often the truth is to lie within an interval. */
export const COVERAGES = [0.5, 0.8, 0.9, 0.95, 0.99] as const;

export interface Interval {
  readonly coverage: number;
  /** From the prediction to each end, in the target's unit. */
  readonly width: number;
}

/**
 * Of n rows that were not learned from, the ⌈(n + 1) · coverage⌉-th smallest error. Where there are too few rows for a
 * coverage, it has none.
 * @param errors distances of the truth from the prediction
 */
export function intervalsOf(errors: Float64Array): Interval[] {
  const sorted = errors.slice().sort();
  return COVERAGES.flatMap((coverage) => {
    // Without what floating point adds: 10 · 0.9 is 9, and not a little more.
    const rank = Math.ceil(Number(((sorted.length + 1) * coverage).toFixed(9)));
    return rank <= sorted.length ? [{ coverage, width: sorted[rank - 1]! }] : [];
  });
}
