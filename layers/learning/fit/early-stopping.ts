import { z } from 'zod';
import type { Job } from '#domain/training/record.ts';
import type { Scores } from './evaluate.ts';

export type StoppingRule = Job['early_stopping'];

/** What early stopping has seen, as a checkpoint keeps it. */
export const stoppingRecord = z.object({
  epoch: z.int().min(0),
  best_epoch: z.int().min(0),
  /** The monitored metric of the best epoch; null before the first. */
  best: z.number().nullable(),
});
export type StoppingRecord = z.infer<typeof stoppingRecord>;

const UNSEEN: StoppingRecord = { epoch: 0, best_epoch: 0, best: null };

/** Knows which epoch was the best so far, and whether it is worth going on. */
export class EarlyStopping {
  /** The metric that decides: the rule's, where it applies and can be computed; else the loss of the rows kept back. */
  readonly monitor: string;
  readonly #enabled: boolean;
  readonly #patience: number;
  #best: number;
  /** From 1; 0 before the first. */
  bestEpoch: number;
  #epoch: number;

  /** @param seen goes on from there */
  constructor(rule: StoppingRule, validated: boolean, seen: StoppingRecord = UNSEEN) {
    const usable = rule.enabled && (validated || !rule.monitor.startsWith('val_'));
    this.monitor = usable ? rule.monitor : validated ? 'val_loss' : 'loss';
    this.#enabled = rule.enabled;
    this.#patience = rule.patience;
    this.#best = seen.best ?? Number.NaN;
    this.bestEpoch = seen.best_epoch;
    this.#epoch = seen.epoch;
  }

  get record(): StoppingRecord {
    const best = Number.isNaN(this.#best) ? null : this.#best;
    return { epoch: this.#epoch, best_epoch: this.bestEpoch, best };
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
