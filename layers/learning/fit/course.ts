import type { State } from '#engine/training/state.ts';
import type { StepScores } from '#engine/training/training.ts';
import type { Checkpoint, Position } from './checkpoint.ts';
import { type BestBy, EarlyStopping, type StoppingRule } from './early-stopping.ts';
import type { Scores } from './evaluate.ts';
import type { Totals } from './judge.ts';

export interface CourseSpec {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly rule: StoppingRule;
  /** Whether there are validation rows. */
  readonly validated: boolean;
  readonly bestBy?: BestBy | undefined;
}

const NOTHING: Totals = { loss: 0, weight: 0, correct: 0 };

/** A fit's progress, apart from the training's own state: position, history and early stopping. */
export class Course {
  readonly #spec: CourseSpec;
  readonly #history: Record<string, number[]>;
  readonly #stopping: EarlyStopping;
  #epoch: number;
  #step: number;
  #totals: Totals;
  #best: State | undefined;

  /** @param from where to continue */
  constructor(spec: CourseSpec, from?: Checkpoint) {
    this.#spec = spec;
    this.#epoch = from?.at.epoch ?? 1;
    this.#step = from?.at.step ?? 0;
    this.#totals = from?.at.totals ?? NOTHING;
    this.#history = copied(from?.at.history ?? {});
    this.#stopping = new EarlyStopping(spec.rule, spec.validated, from?.at.stopping, spec.bestBy);
    this.#best = from?.best;
  }

  /** The current epoch, from 1. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Batches of the current epoch that are done. */
  get step(): number {
    return this.#step;
  }

  /** Sums over the batches of the current epoch that are done. */
  get totals(): Totals {
    return this.#totals;
  }

  get history(): Readonly<Record<string, readonly number[]>> {
    return this.#history;
  }

  /** The best epoch's parameters, by the keys of a state. `undefined` before the first epoch is done. */
  get best(): State | undefined {
    return this.#best;
  }

  get bestEpoch(): number {
    return this.#stopping.bestEpoch;
  }

  /** The monitored metric of the best epoch. `undefined` before the first epoch is done. */
  get bestMetric(): number | undefined {
    return this.#stopping.best;
  }

  get monitor(): string {
    return this.#stopping.monitor;
  }

  /** The fraction of all epochs that is done, 0–1. */
  get fraction(): number {
    return (this.#epoch - 1 + this.#step / this.#spec.stepsPerEpoch) / this.#spec.epochs;
  }

  /** The metrics of the last finished epoch. Empty before the first. */
  get metrics(): Scores {
    return Object.fromEntries(Object.entries(this.#history).map(([name, values]) => [name, values.at(-1)!]));
  }

  /** The metrics of an epoch, as its training rows were seen while learning. `undefined` if there was none. */
  seenIn(epoch: number): Scores | undefined {
    const entries = Object.entries(this.#history).filter(([name]) => !name.startsWith('val_'));
    const of = entries.map(([name, values]) => [name, values[epoch - 1]] as const);
    return epoch < 1
      ? undefined
      : Object.fromEntries(of.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  }

  get isOver(): boolean {
    return this.#epoch > this.#spec.epochs || this.#stopping.isOver;
  }

  /** All of this except the best parameters. */
  get position(): Position {
    const { record: stopping } = this.#stopping;
    return { epoch: this.#epoch, step: this.#step, totals: this.#totals, history: copied(this.#history), stopping };
  }

  /** Adds the scores of some steps, one after another, so that the sums do not depend on how steps were grouped. */
  took({ loss, weight, correct }: StepScores): void {
    const sum = (start: number, values: Float32Array) => values.reduce((total, value) => total + value, start);
    const { totals } = this;
    this.#totals = {
      loss: sum(totals.loss, loss),
      weight: sum(totals.weight, weight),
      correct: sum(totals.correct, correct),
    };
    this.#step += loss.length;
  }

  /** Ends the epoch with its metrics. `parameters` is called if the epoch is the best so far. */
  finish(metrics: Scores, parameters: () => State): void {
    for (const [name, value] of Object.entries(metrics)) {
      this.#history[name] ??= [];
      this.#history[name].push(value);
    }
    if (this.#stopping.take(metrics)) this.#best = parameters();
    this.#epoch++;
    this.#step = 0;
    this.#totals = NOTHING;
  }
}

const copied = (history: Readonly<Record<string, readonly number[]>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(history).map(([name, values]) => [name, [...values]]));
