/** Scores of predicted probabilities, added up over rows. */

/** The least probability of the truth that counts, as `log_loss` of scikit-learn has it for float64. */
const EPSILON = Number.EPSILON;
const BINS = 15;

/** Rows whose most probable class has a probability between two bounds. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** The mean probability of the most probable class, and how often it was the truth. 0 without rows. */
  readonly confidence: number;
  readonly accuracy: number;
}

export class ProbabilityScores {
  #rows = 0;
  #loss = 0;
  #squares = 0;
  readonly #bins = Array.from({ length: BINS }, () => ({ rows: 0, confidence: 0, right: 0 }));

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
    const confidence = probabilities[best]!;
    const bin = this.#bins[Math.min(BINS - 1, Math.floor(confidence * BINS))]!;
    bin.rows += rows;
    bin.confidence += rows * confidence;
    bin.right += rows * Number(best === truth);
  }

  /**
   * Log loss and Brier score as scikit-learn has them, and the expected calibration error of the most probable class over
   * 15 bins of equal width (Naeini et al. 2015).
   */
  scores(): { log_loss: number; brier_score: number; expected_calibration_error: number } {
    const rows = Math.max(1, this.#rows);
    const gap = this.#bins.reduce((sum, { right, confidence }) => sum + Math.abs(right - confidence), 0);
    return {
      log_loss: this.#loss / rows,
      brier_score: this.#squares / rows,
      expected_calibration_error: gap / rows,
    };
  }

  /** For a reliability diagram. */
  bins(): Bin[] {
    return this.#bins.map(({ rows, confidence, right }, i) => ({
      ...{ from: i / BINS, to: (i + 1) / BINS, rows },
      confidence: rows === 0 ? 0 : confidence / rows,
      accuracy: rows === 0 ? 0 : right / rows,
    }));
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
