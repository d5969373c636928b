import { Moments } from '../profile/moments.ts';

/** Errors of predicted numbers, in the target's unit. */
export class Errors {
  readonly #truths = new Moments();
  #squares = 0;
  #absolutes = 0;

  add(truth: number, predicted: number): void {
    const error = predicted - truth;
    this.#truths.add(truth);
    this.#squares += error * error;
    this.#absolutes += Math.abs(error);
  }

  /** Root mean squared error, mean absolute error and R². For a constant truth, R² is 1 without errors and else 0. */
  scores(): { rmse: number; mae: number; r2: number } {
    const { count, standardDeviation } = this.#truths;
    const n = Math.max(1, count);
    const spread = standardDeviation ** 2 * n;
    const r2 = spread > 0 ? 1 - this.#squares / spread : Number(this.#squares === 0);
    return { rmse: Math.sqrt(this.#squares / n), mae: this.#absolutes / n, r2 };
  }
}
