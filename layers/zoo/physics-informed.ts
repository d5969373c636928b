/**
 * A deep hidden physics model: U(s, t), and a law of its derivative by t, which is learned with it. Raissi 2018; for
 * batteries, Wen et al. 2024. In training, the network's outputs are what the loss needs; otherwise they are U alone:
 *
 *     training    U, F = ∂U/∂t − G(…), F_t = ∂F/∂t, and with learned weights the three log-variances
 *     evaluation  U
 */
import { add, exp, mul, neg, sub } from '#engine/ops/elementwise.ts';
import { concat, split } from '#engine/ops/join.ts';
import { expandLike, squeeze } from '#engine/ops/movement.ts';
import { zeros } from '#engine/random.ts';
import { type Loss, squaredError } from '#engine/training/loss.ts';
import type { Network } from '#engine/training/network.ts';
import { byTime, type Dynamics, lawOf, slopes } from './dynamics.ts';
import { type TanhLayers, tanhLayers, tanhParameters } from './tanh-layers.ts';

/** `sum`: L_U + L_F + L_Ft. `adpbal`: Σ e^(−s) L + s with a learned log-variance s for each, Kendall et al. 2018. */
export const WEIGHTINGS = ['sum', 'adpbal'] as const;
export type Weighting = (typeof WEIGHTINGS)[number];

export interface PhysicsInformed {
  readonly layers: Omit<TanhLayers, 'name' | 'outputs'>;
  /** Which column of x is t. */
  readonly time: number;
  readonly dynamics: Dynamics;
  readonly weighting: Weighting;
}

/** The network for U. */
export const surrogateOf = (layers: PhysicsInformed['layers']): TanhLayers => ({
  ...layers,
  name: 'surrogate',
  outputs: 1,
});

/** What is minimised, in the order of the network's outputs. */
const TERMS = ['U', 'F', 'F_t'] as const;
const logVariance = (term: (typeof TERMS)[number]): string => `log_variance.${term}`;

export function physicsInformed({ layers, time, dynamics, weighting }: PhysicsInformed): Network {
  const surrogate = surrogateOf(layers);
  const law = lawOf(dynamics, layers);
  const balances = weighting === 'adpbal' ? TERMS.map(logVariance) : [];
  return {
    parameters: [
      ...tanhParameters(surrogate),
      ...law.parameters,
      ...balances.map((name) => ({ name, shape: [1], initializer: zeros, decay: false })),
    ],
    forward: (b, parameters, x, mode) => {
      const u = tanhLayers(b, surrogate, parameters, x, mode);
      if (!mode.training) return u;
      const slope = b.at('slope', () => byTime(b, slopes(b, u, x), time));
      const rest = b.at('dynamics', () => sub(b, slope, law.apply(b, parameters, { x, time, u }, mode)));
      const restSlope = b.at('slope', () => byTime(b, slopes(b, rest, x), time));
      return concat(b, [u, rest, restSlope, ...balances.map((name) => expandLike(b, parameters[name]!, u))], 1);
    },
  };
}

/** The loss of `physicsInformed`, which sees by the width of the outputs what they are. */
export const physicsInformedLoss: Loss = {
  name: 'physics_informed',
  perRow: (b, outputs, target) => {
    const width = Number(outputs.type.shape[1]);
    const [u, rest, restSlope, ...balances] = split(b, outputs, 1, new Array<number>(width).fill(1));
    const error = squaredError.perRow(b, u!, target);
    if (!rest || !restSlope) return error;
    const losses = [error, ...[rest, restSlope].map((value) => squeeze(b, mul(b, value, value), [1]))];
    const weighted = losses.map((loss, i) => {
      const balance = balances[i];
      if (!balance) return loss;
      const s = squeeze(b, balance, [1]);
      return add(b, mul(b, exp(b, neg(b, s)), loss), s);
    });
    return weighted.reduce((sum, loss) => add(b, sum, loss));
  },
};
