/** Scores of answers that are any number of labels. */

interface Counts {
  hits: number;
  support: number;
  answers: number;
}

export interface LabelScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1_score: number;
  /** Rows that have the label. */
  readonly support: number;
  readonly predictions: number;
}

export class LabelScores {
  readonly #labels: readonly Counts[];
  #rows = 0;
  #exact = 0;
  #wrong = 0;

  constructor(labels: number) {
    this.#labels = Array.from({ length: labels }, () => ({ hits: 0, support: 0, answers: 0 }));
  }

  /** @param has whether the row has a label; @param answered whether the model says so */
  add(has: (label: number) => boolean, answered: (label: number) => boolean): void {
    let wrong = 0;
    for (const [label, counts] of this.#labels.entries()) {
      const [truth, answer] = [has(label), answered(label)];
      if (truth) counts.support++;
      if (answer) counts.answers++;
      if (truth && answer) counts.hits++;
      if (truth !== answer) wrong++;
    }
    this.#rows++;
    this.#wrong += wrong;
    if (wrong === 0) this.#exact++;
  }

  /**
   * As scikit-learn has them for label indicators: `accuracy` is the share of rows that are right in every label, the
   * Hamming loss that of wrong labels. Micro averages count over all labels together; macro averages are the means of the
   * labels. A quotient whose denominator is 0 is 0.
   */
  scores() {
    const perLabel = this.perLabel();
    const macro = (pick: (of: LabelScore) => number): number =>
      quotient(
        perLabel.reduce((sum, one) => sum + pick(one), 0),
        perLabel.length,
      );
    const all = this.#labels.reduce(
      (sum, { hits, support, answers }) => ({
        hits: sum.hits + hits,
        support: sum.support + support,
        answers: sum.answers + answers,
      }),
      { hits: 0, support: 0, answers: 0 },
    );
    const micro = scoreOf(all);
    return {
      accuracy: quotient(this.#exact, this.#rows),
      hamming_loss: quotient(this.#wrong, this.#rows * this.#labels.length),
      precision_micro: micro.precision,
      recall_micro: micro.recall,
      f1_micro: micro.f1_score,
      precision_macro: macro(({ precision }) => precision),
      recall_macro: macro(({ recall }) => recall),
      f1_macro: macro(({ f1_score }) => f1_score),
    };
  }

  /** In the order of the labels. */
  perLabel(): LabelScore[] {
    return this.#labels.map(scoreOf);
  }
}

const scoreOf = ({ hits, support, answers }: Counts): LabelScore => ({
  precision: quotient(hits, answers),
  recall: quotient(hits, support),
  f1_score: quotient(2 * hits, support + answers),
  support,
  predictions: answers,
});

const quotient = (a: number, b: number): number => (b === 0 ? 0 : a / b);

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
