import { Moments } from '../profile/moments.ts';

/** Errors of predicted numbers, in the target's unit. */
export class Errors {
  readonly #truths = new Moments();
  #squares = 0;
  #absolutes = 0;
  #relative = 0;
  #relativeSquares = 0;

  add(truth: number, predicted: number): void {
    const error = predicted - truth;
    // As scikit-learn has it, so that a truth of 0 does not divide by 0.
    const share = Math.abs(error) / Math.max(Number.EPSILON, Math.abs(truth));
    this.#truths.add(truth);
    this.#squares += error * error;
    this.#absolutes += Math.abs(error);
    this.#relative += share;
    this.#relativeSquares += share * share;
  }

  /**
   * Root mean squared error, mean absolute error, R², and the mean absolute and root mean squared percentage errors, where 1
   * is 100 %. For a constant truth, R² is 1 without errors and else 0; of a single row there is none.
   */
  scores(): { rmse: number; mae: number; r2?: number; mape: number; rmspe: number } {
    const { count, standardDeviation } = this.#truths;
    const n = Math.max(1, count);
    const spread = standardDeviation ** 2 * n;
    const r2 = spread > 0 ? 1 - this.#squares / spread : Number(this.#squares === 0);
    return {
      rmse: Math.sqrt(this.#squares / n),
      mae: this.#absolutes / n,
      ...(count === 1 ? {} : { r2 }),
      mape: this.#relative / n,
      rmspe: Math.sqrt(this.#relativeSquares / n),
    };
  }
}
