import { Builder } from '../graph.ts';
import type { Maybe } from '../op.ts';
import type { Tensors } from '../tensor.ts';
import { ShapeError } from '../type.ts';
import type { TargetBounds } from './loss-type.ts';
import { type Objective, outputsOf } from './objective.ts';

/** The targets that a program accepts, and where they are in its data. */
export interface TargetRule extends TargetBounds {
  /** The entry of the data that holds the targets. */
  readonly target: string;
  /** The entry that holds the rows' weights. Rows without weight may have any target. */
  readonly weight?: string;
}

/**
 * The rule for an objective's targets. Undefined if its loss accepts any.
 * @param rows the rows of a batch. Default: those of the objective's data
 * @throws ShapeError as the forward pass does
 */
export function targetRule(objective: Objective, rows?: number): Maybe<TargetRule> {
  const { target, weight, loss, network, data } = objective;
  if (!loss.targets) return undefined;
  const b = new Builder();
  const parameters = network.parameters.map(({ name, shape }) => [name, b.input(name, 'float32', shape)] as const);
  const batch = Object.entries(data).map(
    ([
      name,
      {
        dtype,
        shape: [all, ...row],
      },
    ]) => {
      return [name, b.input(name, dtype, [rows ?? all!, ...row])] as const;
    },
  );
  const values = [Object.fromEntries(parameters), Object.fromEntries(batch)] as const;
  const bounds = loss.targets(outputsOf(b, objective, ...values, { training: false }).type);
  return { ...bounds, target, ...(weight === undefined ? {} : { weight }) };
}

/**
 * Makes sure that the loss accepts each target. A class that does not exist would have a loss of 0.
 * @param data tensors whose first axis is the rows
 * @throws ShapeError naming the first row whose target it does not accept
 */
export function expectTargets(rule: Maybe<TargetRule>, data: Tensors): void {
  if (!rule) return;
  const { target, weight, least, most, ignored } = rule;
  const { shape, data: values } = data[target]!;
  const weights = weight === undefined ? undefined : data[weight]!.data;
  const width = values.length / shape[0]!;
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if ((value >= least && value <= most) || value === ignored) continue;
    const row = Math.floor(i / width);
    if (weights && Number(weights[row]) === 0) continue;
    const other = ignored === undefined ? '' : `, or ${ignored} to ignore a row`;
    throw new ShapeError(`data '${target}' wants targets from ${least} to ${most}${other}; got ${value} in row ${row}`);
  }
}
