import type { State } from '#engine/training/state.ts';
import type { StepScores } from '#engine/training/training.ts';
import type { Checkpoint, Position } from './checkpoint.ts';
import { EarlyStopping, type StoppingRule } from './early-stopping.ts';
import type { Scores } from './evaluate.ts';
import type { Totals } from './judge.ts';

export interface CourseSpec {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly rule: StoppingRule;
  /** Whether rows were kept back. */
  readonly validated: boolean;
}

const NOTHING: Totals = { loss: 0, weight: 0, correct: 0 };

/** How far a fit has come, apart from the training's own state, and what it has seen on its way. */
export class Course {
  readonly #spec: CourseSpec;
  readonly #history: Record<string, number[]>;
  readonly #stopping: EarlyStopping;
  #epoch: number;
  #step: number;
  #totals: Totals;
  #best: State | undefined;

  /** @param from goes on from there */
  constructor(spec: CourseSpec, from?: Checkpoint) {
    this.#spec = spec;
    this.#epoch = from?.at.epoch ?? 1;
    this.#step = from?.at.step ?? 0;
    this.#totals = from?.at.totals ?? NOTHING;
    this.#history = copied(from?.at.history ?? {});
    this.#stopping = new EarlyStopping(spec.rule, spec.validated, from?.at.stopping);
    this.#best = from?.best;
  }

  /** The epoch under way, from 1. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Batches of the epoch that are done. */
  get step(): number {
    return this.#step;
  }

  /** Over the batches of the epoch that are done. */
  get totals(): Totals {
    return this.#totals;
  }

  get history(): Readonly<Record<string, readonly number[]>> {
    return this.#history;
  }

  /** The best epoch's parameters under the keys of a state; `undefined` before the first epoch is done. */
  get best(): State | undefined {
    return this.#best;
  }

  get bestEpoch(): number {
    return this.#stopping.bestEpoch;
  }

  get monitor(): string {
    return this.#stopping.monitor;
  }

  /** Of all epochs, 0–1. */
  get fraction(): number {
    return (this.#epoch - 1 + this.#step / this.#spec.stepsPerEpoch) / this.#spec.epochs;
  }

  /** Of the last epoch that is done; empty before. */
  get metrics(): Scores {
    return Object.fromEntries(Object.entries(this.#history).map(([name, values]) => [name, values.at(-1)!]));
  }

  get isOver(): boolean {
    return this.#epoch > this.#spec.epochs || this.#stopping.isOver;
  }

  /** All of it but the best parameters. */
  get position(): Position {
    const { record: stopping } = this.#stopping;
    return { epoch: this.#epoch, step: this.#step, totals: this.#totals, history: copied(this.#history), stopping };
  }

  /** Steps of the epoch were taken. One after the other, so that a sum does not depend on how they were grouped. */
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

  /** The epoch is done, with these metrics. `parameters` are asked for if it is the best so far. */
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
