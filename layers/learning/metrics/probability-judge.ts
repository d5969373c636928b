import { finite } from './finite.ts';
import { ProbabilityScores, softmaxInto } from './probabilities.ts';
import { rocAucOf, rocAucOvr } from './roc-auc.ts';
import { Sample } from './sample.ts';

export const PROBABILITY_METRICS = ['roc_auc', 'log_loss', 'brier_score', 'expected_calibration_error'];

/** Whether the metric is one of probabilities, which take longer than answers alone. */
export const isOfProbabilities = (name: string): boolean => PROBABILITY_METRICS.includes(name);

/** The scores of probabilities, from logits. Here ROC AUC has one name, however many classes there are. */
export class Probabilities {
  readonly #scores = new ProbabilityScores();
  readonly #sample: Sample;
  readonly #probabilities: Float64Array;

  readonly #temperature: number | undefined;

  /**
   * @param rows how many there will be
   * @param temperature by which logits are divided. Default: 1
   */
  constructor(classes: number, rows: number, temperature?: number) {
    this.#temperature = temperature;
    this.#sample = new Sample(classes, rows);
    this.#probabilities = new Float64Array(classes);
  }

  /** @param from where the row's logits begin */
  add(truth: number, logits: ArrayLike<number>, from: number): void {
    softmaxInto(this.#probabilities, logits, from, this.#temperature);
    this.#scores.add(truth, this.#probabilities);
    this.#sample.add(truth, this.#probabilities, 0);
  }

  scores(): Readonly<Record<string, number>> {
    const { truths, values, width } = this.#sample;
    const roc_auc = width === 2 ? rocAucOf(truths, values, 2, 1) : rocAucOvr(truths, values, width);
    return finite({ ...this.#scores.scores(), roc_auc });
  }
}
