import type { Builder, Value } from '../graph.ts';

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
  /** Whether weight decay applies to the parameter. */
  readonly decay: boolean;
}

/** A rule that turns gradients into better parameters; pure, so it becomes part of the graph. */
export interface Optimizer {
  readonly name: string;
  readonly learningRate: number;
  /** The tensors it keeps for each parameter, of the parameter's shape, zero at first. */
  readonly slots: readonly string[];
  update(b: Builder, u: Update): { readonly parameter: Value; readonly slots: Readonly<Record<string, Value>> };
}

/** The learning rate's factor at a step (a float64 scalar, counted from 1), as part of the graph. */
export type Schedule = (b: Builder, step: Value) => Value;
