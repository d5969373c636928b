import { z } from 'zod';
import { greaterIsBetter, type Job } from '#domain/training/record.ts';
import type { Scores } from './evaluate.ts';

export type StoppingRule = Job['early_stopping'];

/** Which epoch is the best, whatever the rule monitors. */
export interface BestBy {
  /** As a history names it, such as `val_f1_score`. */
  readonly metric: string;
  readonly greaterIsBetter: boolean;
  /** The metric by which the lower of two equally good epochs is better. */
  readonly tieBreaker: string;
}

/** The state of early stopping, as in a checkpoint. */
export const stoppingRecord = z.object({
  epoch: z.int().min(0),
  best_epoch: z.int().min(0),
  /** The monitored metric of the best epoch. Null before the first epoch is done. */
  best: z.number().nullable(),
  /** The tie breaker's of the best epoch, where there is one. */
  best_tie: z.number().exactOptional(),
});
export type StoppingRecord = z.infer<typeof stoppingRecord>;

const UNSEEN: StoppingRecord = { epoch: 0, best_epoch: 0, best: null };

/** Tracks the best epoch so far, and decides whether to continue. */
export class EarlyStopping {
  /** The monitored metric: the rule's if it applies and can be computed, otherwise the loss of `#otherwise`. */
  #monitor: string;
  readonly #otherwise: 'val_loss' | 'loss';
  readonly #enabled: boolean;
  readonly #patience: number;
  #greaterIsBetter: boolean;
  readonly #tieBreaker: string | undefined;
  #bestTie: number | undefined;
  #best: number;
  /** From 1. It is 0 before the first epoch is done. */
  bestEpoch: number;
  #epoch: number;

  /** @param seen where to continue */
  constructor(rule: StoppingRule, validated: boolean, seen: StoppingRecord = UNSEEN, bestBy?: BestBy) {
    const usable = rule.enabled && (validated || !rule.monitor.startsWith('val_'));
    this.#otherwise = validated ? 'val_loss' : 'loss';
    this.#monitor = bestBy?.metric ?? (usable ? rule.monitor : this.#otherwise);
    this.#greaterIsBetter = bestBy?.greaterIsBetter ?? greaterIsBetter(this.#monitor);
    this.#tieBreaker = bestBy?.tieBreaker;
    this.#bestTie = seen.best_tie;
    this.#enabled = rule.enabled;
    this.#patience = rule.patience;
    this.#best = seen.best ?? Number.NaN;
    this.bestEpoch = seen.best_epoch;
    this.#epoch = seen.epoch;
  }

  get monitor(): string {
    return this.#monitor;
  }

  get record(): StoppingRecord {
    const best = Number.isNaN(this.#best) ? null : this.#best;
    const tie = this.#bestTie === undefined ? {} : { best_tie: this.#bestTie };
    return { epoch: this.#epoch, best_epoch: this.bestEpoch, best, ...tie };
  }

  /** Takes the next epoch's metrics and returns whether it is the best so far. Of equal epochs the first counts, unless a tie breaker decides. */
  take(metrics: Scores): boolean {
    this.#epoch++;
    // Undefined on these rows, and so after every epoch: ROC AUC where a class is not among them.
    if (!(this.#monitor in metrics) && this.#otherwise in metrics) {
      this.#monitor = this.#otherwise;
      this.#greaterIsBetter = greaterIsBetter(this.#otherwise);
    }
    const value = metrics[this.#monitor] ?? Number.NaN;
    const tie = this.#tieBreaker === undefined ? undefined : metrics[this.#tieBreaker];
    const winsTie = value === this.#best && tie !== undefined && tie < (this.#bestTie ?? Number.NEGATIVE_INFINITY);
    const isBetter = winsTie || (this.#greaterIsBetter ? value > this.#best : value < this.#best);
    if (this.bestEpoch > 0 && !isBetter) return false;
    this.#bestTie = tie;
    this.#best = value;
    this.bestEpoch = this.#epoch;
    return true;
  }

  /** The monitored metric of the best epoch. `undefined` before the first epoch is done. */
  get best(): number | undefined {
    return Number.isNaN(this.#best) ? undefined : this.#best;
  }

  get isOver(): boolean {
    return this.#enabled && this.#epoch - this.bestEpoch >= this.#patience;
  }
}
