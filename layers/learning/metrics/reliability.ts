/** How often answers of a confidence are right, added up over rows. */

const BINS = 15;

/** Answers whose confidence lies between two bounds. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** The mean confidence, and how often the answer was right. 0 without rows. */
  readonly confidence: number;
  readonly accuracy: number;
}

export class Reliability {
  readonly #bins = Array.from({ length: BINS }, () => ({ rows: 0, confidence: 0, right: 0 }));
  #rows = 0;

  /** @param rows so many of them */
  add(confidence: number, isRight: boolean, rows = 1): void {
    const bin = this.#bins[Math.min(BINS - 1, Math.floor(confidence * BINS))]!;
    bin.rows += rows;
    bin.confidence += rows * confidence;
    bin.right += rows * Number(isRight);
    this.#rows += rows;
  }

  /** The expected calibration error over 15 bins of equal width (Naeini et al. 2015). */
  error(): number {
    const gap = this.#bins.reduce((sum, { right, confidence }) => sum + Math.abs(right - confidence), 0);
    return gap / Math.max(1, this.#rows);
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
