import type { Builder, Value } from '../graph.ts';
import { relu } from '../ops/activation.ts';
import { equal } from '../ops/compare.ts';
import { add, mul, sub } from '../ops/elementwise.ts';
import { reduceLogSumExp, reduceMean } from '../ops/reduce.ts';
import { cast } from '../ops/select.ts';
import type { Loss } from './loss-type.ts';

export interface EnergyPenalty {
  /** The class whose rows have it. */
  readonly target: number;
  readonly weight: number;
  /** How far the free energy may be from that of logits of 0. */
  readonly margin: number;
}

/**
 * Adds a penalty for rows of one class about which the logits say too much, whichever class they say it for: those of large
 * negative free energy −log Σ exp z (Liu et al. 2020). Of K classes, with logits counted from their mean m, since a softmax
 * takes no notice of what they have in common, and training would take the penalty off by lowering all of them:
 *
 *     weight · max(0, log (Σ exp (z − m) / K) − margin)²
 */
export const withEnergyPenalty = (loss: Loss, { target, weight, margin }: EnergyPenalty): Loss => ({
  ...loss,
  name: `${loss.name}_with_energy`,
  perRow(b: Builder, logits: Value, targets: Value): Value {
    const classes = Number(logits.type.shape[1]);
    const energy = sub(b, reduceLogSumExp(b, logits, { axes: [-1] }), reduceMean(b, logits, { axes: [-1] }));
    const excess = relu(b, sub(b, energy, Math.log(classes) + margin));
    const isTarget = cast(b, equal(b, cast(b, targets, 'int64'), target), logits.type.dtype);
    const penalty = mul(b, mul(b, mul(b, excess, excess), isTarget), weight);
    return add(b, loss.perRow(b, logits, targets), penalty);
  },
});
