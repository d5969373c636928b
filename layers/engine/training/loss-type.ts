import type { Builder, Value } from '../graph.ts';
import type { Type } from '../type.ts';

/** Targets that a loss is made for: from the least to the most, and one that rows are ignored by. */
export interface TargetBounds {
  readonly least: number;
  readonly most: number;
  readonly ignored?: number;
}

/** What training makes small: Σ perRow / Σ rowWeight over a batch. */
export interface Loss {
  readonly name: string;
  /** Each row's loss [rows], from the network's outputs [rows, outputs] and the targets. */
  perRow(b: Builder, outputs: Value, target: Value): Value;
  /** What each row counts for in the mean [rows]; 1 if absent. `perRow` has it as a factor already. */
  rowWeight?(b: Builder, outputs: Value, target: Value): Value;
  /** 1 for each row that is predicted right, else 0 [rows]; only where right and wrong exist. */
  correct?(b: Builder, outputs: Value, target: Value): Value;
  /** Which targets it takes, by the type of the outputs; any if absent. */
  targets?(outputs: Type): TargetBounds;
}
