import { Moments } from '../profile/moments.ts';

/** So many standard errors above 0, and a gain is hardly chance. */
const CLEAR = 2;

/** How much less a model loses than the naive answer, row by row. */
export class Gain {
  readonly #moments = new Moments();

  add(naiveLoss: number, loss: number): void {
    this.#moments.add(naiveLoss - loss);
  }

  /** The mean gain of a row, and its standard error. */
  get result(): { readonly gain: number; readonly standard_error: number; readonly is_better: boolean } {
    const { count, mean, standardDeviation } = this.#moments;
    const error = count > 1 ? standardDeviation / Math.sqrt(count - 1) : 0;
    if (count === 0) return { gain: 0, standard_error: 0, is_better: false };
    return { gain: mean, standard_error: error, is_better: count > 1 && mean > CLEAR * error };
  }
}
