import type { Builder, Value } from '../graph.ts';
import type { Type } from '../type.ts';

/** The targets that a loss accepts: the least, the most, and one that makes it ignore a row. */
export interface TargetBounds {
  readonly least: number;
  readonly most: number;
  readonly ignored?: number;
}

/** What training minimises: Σ perRow / Σ rowWeight over a batch. */
export interface Loss {
  readonly name: string;
  /** Each row's loss [rows], from the network's outputs [rows, outputs] and the targets. */
  perRow(b: Builder, outputs: Value, target: Value): Value;
  /** Each row's weight in the mean [rows]. Default: 1. `perRow` already includes it as a factor. */
  rowWeight?(b: Builder, outputs: Value, target: Value): Value;
  /** 1 for each correctly predicted row, otherwise 0 [rows]. Absent for losses without right and wrong. */
  correct?(b: Builder, outputs: Value, target: Value): Value;
  /** The targets that it accepts, given the type of the outputs. Default: any. */
  targets?(outputs: Type): TargetBounds;
}
