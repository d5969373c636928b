import type { Builder, Value } from '../graph.ts';
import { greater } from '../ops/compare.ts';
import { mul } from '../ops/elementwise.ts';
import { expandLike, reshape } from '../ops/movement.ts';
import { reduceSum } from '../ops/reduce.ts';
import { where } from '../ops/select.ts';
import type { Precision } from '../precision/precision.ts';
import { formatType, ShapeError, type Type } from '../type.ts';
import type { Loss } from './loss-type.ts';
import type { Mode, Network, Values } from './network.ts';

/** A loss over rows of resident data. */
export interface Objective {
  /** The resident tensors, by name. The first axis of each is the rows (`'rows'`, or a number). */
  readonly data: Readonly<Record<string, Type>>;
  /** The entry of `data` that holds the targets. */
  readonly target: string;
  /** The entry of `data` that holds each row's weight, float32 [rows]. Without it, every row has weight 1. */
  readonly weight?: string;
  /** From rows of the data, by name, to the network's input. Default: the entry `x`. */
  readonly front?: (b: Builder, rows: Values) => Value;
  readonly network: Network;
  readonly loss: Loss;
  /** The precision of gradients, see `treatmentOf`. Default: float32. Losses and evaluations are always float32. */
  readonly precision?: Precision;
  /**
   * Whether half precision is emulated with float32 kernels whose results are rounded to 16 bits. This is slower than
   * float32, and meant for devices without 16-bit kernels. Default: false.
   */
  readonly emulateHalf?: boolean;
}

export type Scores = {
  readonly outputs: Value;
  /** Σ weight · loss, Σ weight · the loss's weight of each row, and the number of correct rows: float32 scalars. */
  readonly loss: Value;
  readonly weight: Value;
  readonly correct: Value;
};

/**
 * The forward pass and its loss over some rows.
 * @param present 1 for rows that count, 0 for padding, float32 [rows]
 * @throws ShapeError naming the place
 */
export function score(
  b: Builder,
  objective: Objective,
  parameters: Values,
  rows: Values,
  present: Value | undefined,
  mode: Mode,
): Scores {
  const { loss } = objective;
  const outputs = outputsOf(b, objective, parameters, rows, mode);
  return b.at('loss', () => {
    const target = named(rows[objective.target], objective.target);
    const perRow = loss.perRow(b, outputs, target);
    const ones = expandLike(b, b.scalar('float32', 1), perRow);
    const counted = present ?? ones;
    const given = objective.weight === undefined ? undefined : named(rows[objective.weight], objective.weight);
    const weight = given ? mul(b, reshape(b, given, perRow.type.shape), counted) : counted;
    // The loss of a row without weight may be infinite, and 0 · ∞ is not 0.
    const weighted = mul(b, where(b, greater(b, weight, 0), perRow, 0), weight);
    const right = loss.correct ? mul(b, loss.correct(b, outputs, target), counted) : undefined;
    const own = loss.rowWeight?.(b, outputs, target);
    return {
      outputs,
      loss: reduceSum(b, weighted),
      weight: reduceSum(b, own ? mul(b, weight, own) : weight),
      correct: right ? reduceSum(b, right) : b.scalar('float32', 0),
    };
  });
}

/**
 * The network's outputs for some rows.
 * @throws ShapeError naming the place
 */
export function outputsOf(
  b: Builder,
  { front = (_, { x }) => named(x, 'x'), network }: Objective,
  parameters: Values,
  rows: Values,
  mode: Mode,
): Value {
  const x = b.at('front', () => front(b, rows));
  return network.forward(b, parameters, x, mode);
}

function named(value: Value | undefined, name: string): Value {
  if (value) return value;
  throw new ShapeError(`the objective uses data '${name}', which is not among its data`);
}

/** @throws ShapeError if a resident tensor is a scalar or the first axes differ */
export function expectRows(data: Readonly<Record<string, Type>>): void {
  const [first] = Object.entries(data);
  for (const [name, type] of Object.entries(data)) {
    const [other, wanted] = first!;
    if (type.shape.length === 0) throw new ShapeError(`data '${name}' must have rows; got ${formatType(type)}`);
    if (type.shape[0] !== wanted.shape[0])
      throw new ShapeError(
        `data '${name}' must have as many rows as '${other}', ${formatType(wanted)}; got ${formatType(type)}`,
      );
  }
}
