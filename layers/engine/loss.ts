import type { Builder, Value } from './graph.ts';

/** What training makes small. */
export interface Loss {
  readonly name: string;
  /** Each row's loss [rows], from the network's outputs [rows, outputs] and the targets. */
  perRow(b: Builder, outputs: Value, target: Value): Value;
  /** 1 for each row that is predicted right, else 0 [rows]; only where right and wrong exist. */
  correct?(b: Builder, outputs: Value, target: Value): Value;
}
