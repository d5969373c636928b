import type { Job } from '#domain/jobs.ts';
import type { Scores } from './evaluate.ts';

export type StoppingRule = Job['early_stopping'];

/** Knows which epoch was the best so far, and whether it is worth going on. */
export class EarlyStopping {
  /** The metric that decides: the rule's, where it applies and can be computed; else the loss of the rows kept back. */
  readonly monitor: string;
  readonly #enabled: boolean;
  readonly #patience: number;
  #best = Number.NaN;
  /** From 1; 0 before the first. */
  bestEpoch = 0;
  #epoch = 0;

  constructor(rule: StoppingRule, validated: boolean) {
    const usable = rule.enabled && (validated || !rule.monitor.startsWith('val_'));
    this.monitor = usable ? rule.monitor : validated ? 'val_loss' : 'loss';
    this.#enabled = rule.enabled;
    this.#patience = rule.patience;
  }

  /** Takes the metrics of the next epoch; true if it is the best so far. Of equal ones the first counts. */
  take(metrics: Scores): boolean {
    this.#epoch++;
    const value = metrics[this.monitor] ?? Number.NaN;
    const isBetter = this.monitor.endsWith('accuracy') ? value > this.#best : value < this.#best;
    if (this.bestEpoch > 0 && !isBetter) return false;
    this.#best = value;
    this.bestEpoch = this.#epoch;
    return true;
  }

  get isOver(): boolean {
    return this.#enabled && this.#epoch - this.bestEpoch >= this.#patience;
  }
}
