/** Counts of (true class, predicted class). */
export class Confusion {
  readonly classes: number;
  /** [true, predicted], row-major. */
  readonly #counts: Float64Array;

  constructor(classes: number) {
    this.classes = classes;
    this.#counts = new Float64Array(classes * classes);
  }

  add(truth: number, predicted: number): void {
    this.#counts[truth * this.classes + predicted]!++;
  }

  /**
   * Accuracy, and macro-averaged precision, recall and F1: the unweighted mean over the classes that occur in the truth
   * or among the predictions. A quotient whose denominator is 0 is 0.
   */
  scores(): { accuracy: number; precision: number; recall: number; f1_score: number } {
    const perClass = Array.from({ length: this.classes }, (_, c) => this.#ofClass(c)).filter((c) => c.occurs);
    const mean = (pick: (c: (typeof perClass)[number]) => number): number =>
      quotient(
        perClass.reduce((sum, c) => sum + pick(c), 0),
        perClass.length,
      );
    const right = perClass.reduce((sum, c) => sum + c.hits, 0);
    const total = perClass.reduce((sum, c) => sum + c.truths, 0);
    return {
      accuracy: quotient(right, total),
      precision: mean((c) => c.precision),
      recall: mean((c) => c.recall),
      f1_score: mean((c) => quotient(2 * c.precision * c.recall, c.precision + c.recall)),
    };
  }

  #ofClass(c: number) {
    let truths = 0;
    let predictions = 0;
    for (let other = 0; other < this.classes; other++) {
      truths += this.#counts[c * this.classes + other]!;
      predictions += this.#counts[other * this.classes + c]!;
    }
    const hits = this.#counts[c * this.classes + c]!;
    return {
      occurs: truths + predictions > 0,
      hits,
      truths,
      precision: quotient(hits, predictions),
      recall: quotient(hits, truths),
    };
  }
}

const quotient = (a: number, b: number): number => (b === 0 ? 0 : a / b);
