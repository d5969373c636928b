/** Scores of predicted probabilities, added up over rows. */
import { type Bin, Reliability } from './reliability.ts';

/** The least probability of the truth that counts, as `log_loss` of scikit-learn has it for float64. */
const EPSILON = Number.EPSILON;

export class ProbabilityScores {
  #rows = 0;
  #loss = 0;
  #squares = 0;
  /** Of the most probable class. */
  readonly #reliability = new Reliability();

  /**
   * @param probabilities one for each class, which add up to 1
   * @param rows so many of them
   */
  add(truth: number, probabilities: ArrayLike<number>, rows = 1): void {
    let best = 0;
    let squares = 0;
    for (let c = 0; c < probabilities.length; c++) {
      const probability = probabilities[c]!;
      squares += (probability - Number(c === truth)) ** 2;
      if (probability > probabilities[best]!) best = c;
    }
    // Of two classes, scikit-learn counts one.
    if (probabilities.length === 2) squares -= (probabilities[1]! - truth) ** 2;
    this.#squares += rows * squares;
    this.#rows += rows;
    this.#loss -= rows * Math.log(Math.min(1 - EPSILON, Math.max(EPSILON, probabilities[truth]!)));
    this.#reliability.add(probabilities[best]!, best === truth, rows);
  }

  /**
   * Log loss and Brier score as scikit-learn has them, and the expected calibration error of the most probable class.
   */
  scores(): { log_loss: number; brier_score: number; expected_calibration_error: number } {
    const rows = Math.max(1, this.#rows);
    return {
      log_loss: this.#loss / rows,
      brier_score: this.#squares / rows,
      expected_calibration_error: this.#reliability.error(),
    };
  }

  /** For a reliability diagram. */
  bins(): Bin[] {
    return this.#reliability.bins();
  }
}

/** The probabilities of logits, divided by the temperature; written into `to`. */
export function softmaxInto(to: Float64Array, logits: ArrayLike<number>, from: number, temperature = 1): void {
  const { length } = to;
  let most = Number.NEGATIVE_INFINITY;
  // One that is NaN makes all NaN below.
  for (let c = 0; c < length; c++) {
    const logit = logits[from + c]!;
    if (logit > most) most = logit;
  }
  let sum = 0;
  for (let c = 0; c < length; c++) {
    const gap = logits[from + c]! - most;
    // One of them is the largest.
    const power = gap === 0 ? 1 : Math.exp(gap / temperature);
    to[c] = power;
    sum += power;
  }
  for (let c = 0; c < length; c++) to[c]! /= sum;
}

/** The same for rows of `width` logits, one after another. */
export function softmaxOfRows(logits: ArrayLike<number>, width: number, temperature?: number): Float64Array {
  const all = new Float64Array(logits.length);
  const row = new Float64Array(width);
  for (let from = 0; from < all.length; from += width) {
    softmaxInto(row, logits, from, temperature);
    for (let c = 0; c < width; c++) all[from + c] = row[c]!;
  }
  return all;
}
