import type { Builder, Value } from '../graph.ts';
import { ShapeError } from '../type.ts';

/** One parameter's part of an update. */
export interface Update {
  readonly parameter: Value;
  readonly gradient: Value;
  /** The parameter's slots, by name. */
  readonly slots: Readonly<Record<string, Value>>;
  /** Learning rate at this step, a float64 scalar. */
  readonly learningRate: Value;
  /** Counts from 1, a float64 scalar. */
  readonly step: Value;
  /** Whether weight decay applies to the parameter, or 1 for each of its numbers to which it does and 0 for the others. */
  readonly decay: boolean | Value;
}

/** A rule that turns gradients into better parameters; pure, so it becomes part of the graph. */
export interface Optimizer {
  readonly name: string;
  readonly learningRate: number;
  /** The tensors it keeps for each parameter, of the parameter's shape, zero at first. */
  readonly slots: readonly string[];
  update(b: Builder, u: Update): { readonly parameter: Value; readonly slots: Readonly<Record<string, Value>> };
}

/**
 * How much stays from step to step of what an optimizer keeps.
 * @throws ShapeError unless it is at least 0 and below 1
 */
export function expectDecay(name: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw new ShapeError(`${name} must be at least 0 and below 1; got ${value}`);
}

/** The learning rate's factor at a step (a float64 scalar, counted from 1), as part of the graph. */
export type Schedule = (b: Builder, step: Value) => Value;
