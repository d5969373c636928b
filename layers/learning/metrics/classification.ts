/** Counts of (true class, predicted class). */
export class Confusion {
  readonly classes: number;
  /** [true, predicted], row-major. */
  readonly #counts: Float64Array;

  constructor(classes: number) {
    this.classes = classes;
    this.#counts = new Float64Array(classes * classes);
  }

  /** @param rows so many of them */
  add(truth: number, predicted: number, rows = 1): void {
    this.#counts[truth * this.classes + predicted]! += rows;
  }

  /** A row for each true class, a column for each predicted one, as `confusion_matrix` of scikit-learn. */
  matrix(): number[][] {
    return Array.from({ length: this.classes }, (_, c) =>
      Array.from(this.#counts.subarray(c * this.classes, (c + 1) * this.classes)),
    );
  }

  /**
   * As scikit-learn has them. Precision, recall and F1 are macro averages: the unweighted mean over the classes that occur
   * in the truth or among the predictions. Those named `…_weighted` are weighted by how often a class is the truth, and
   * `balanced_accuracy` is the mean recall of the classes that are. A quotient whose denominator is 0 is 0.
   */
  scores() {
    const perClass = this.perClass().filter(({ support, predictions }) => support + predictions > 0);
    const total = perClass.reduce((sum, c) => sum + c.support, 0);
    type Pick = (c: ClassScores) => number;
    const sum = (pick: Pick): number => perClass.reduce((all, c) => all + pick(c), 0);
    const macro = (pick: Pick): number => quotient(sum(pick), perClass.length);
    const weighted = (pick: Pick): number =>
      quotient(
        sum((c) => pick(c) * c.support),
        total,
      );
    return {
      accuracy: quotient(
        sum((c) => c.hits),
        total,
      ),
      balanced_accuracy: quotient(
        sum((c) => c.recall),
        perClass.filter((c) => c.support > 0).length,
      ),
      precision: macro((c) => c.precision),
      recall: macro((c) => c.recall),
      f1_score: macro((c) => c.f1_score),
      precision_weighted: weighted((c) => c.precision),
      recall_weighted: weighted((c) => c.recall),
      f1_weighted: weighted((c) => c.f1_score),
    };
  }

  /** In the order of the classes. */
  perClass(): ClassScores[] {
    return Array.from({ length: this.classes }, (_, c) => {
      let support = 0;
      let predictions = 0;
      for (let other = 0; other < this.classes; other++) {
        support += this.#counts[c * this.classes + other]!;
        predictions += this.#counts[other * this.classes + c]!;
      }
      const hits = this.#counts[c * this.classes + c]!;
      return {
        ...{ hits, support, predictions },
        precision: quotient(hits, predictions),
        recall: quotient(hits, support),
        f1_score: quotient(2 * hits, support + predictions),
      };
    });
  }
}

export interface ClassScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1_score: number;
  /** Rows of this class. */
  readonly support: number;
  readonly predictions: number;
  readonly hits: number;
}

const quotient = (a: number, b: number): number => (b === 0 ? 0 : a / b);
