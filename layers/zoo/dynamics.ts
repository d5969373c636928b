/** What `deephpm` may take for the law of ∂U/∂t: an enumerated set, none of which is evaluated from text. */
import { grad } from '#engine/grad.ts';
import type { Builder, Value } from '#engine/graph.ts';
import { div, exp, mul, sub } from '#engine/ops/elementwise.ts';
import { concat, slice } from '#engine/ops/join.ts';
import { reduceSum } from '#engine/ops/reduce.ts';
import { type Initializer, zeros } from '#engine/random.ts';
import type { Mode, ParameterSpec, Values } from '#engine/training/network.ts';
import { sizeOf } from '#engine/type.ts';
import { type TanhLayers, tanhLayers, tanhParameters } from './tanh-layers.ts';

/** What a law may depend on; `U_s` is ∂U/∂s, and `U_ss` the gradient of its sum by s. */
type Term = 's' | 't' | 'U' | 'U_s' | 'U_ss';

/** The inputs of a network that learns the law, by name. */
const COMBINATIONS = {
  t: ['t'],
  's,t': ['s', 't'],
  U: ['U'],
  'U,t': ['U', 't'],
  'U,s': ['U', 's'],
  'U,s,t': ['U', 's', 't'],
  'U,U_s': ['U', 'U_s'],
  'U,s,t,U_s': ['U', 's', 't', 'U_s'],
  'U,U_s,U_ss': ['U', 'U_s', 'U_ss'],
  'U,s,t,U_s,U_ss': ['U', 's', 't', 'U_s', 'U_ss'],
} as const satisfies Readonly<Record<string, readonly Term[]>>;
type Combination = keyof typeof COMBINATIONS;

export const VERHULST = 'verhulst';
export type Dynamics = Combination | typeof VERHULST;
export const DYNAMICS: readonly [Dynamics, ...Dynamics[]] = [VERHULST, ...(Object.keys(COMBINATIONS) as Combination[])];

/** Where a law is asked for: U [rows, 1] at x [rows, features], whose column `time` is t and whose others are s. */
export interface Place {
  readonly x: Value;
  readonly time: number;
  readonly u: Value;
}

/** The law of ∂U/∂t. */
export interface Law {
  readonly parameters: readonly ParameterSpec[];
  /** [rows, 1]. */
  apply(b: Builder, parameters: Values, at: Place, mode: Mode): Value;
}

/** @param layers of the network that learns the law, which has the size of the one for U */
export function lawOf(dynamics: Dynamics, layers: Omit<TanhLayers, 'name' | 'outputs'>): Law {
  if (dynamics === VERHULST) return verhulst;
  const terms: readonly Term[] = COMBINATIONS[dynamics];
  const widths: Readonly<Record<Term, number>> = {
    s: layers.inputs - 1,
    t: 1,
    U: 1,
    U_s: layers.inputs - 1,
    U_ss: layers.inputs - 1,
  };
  const inputs = terms.reduce((sum, term) => sum + widths[term], 0);
  const network: TanhLayers = { ...layers, name: 'dynamics', inputs, outputs: 1 };
  return {
    parameters: tanhParameters(network),
    apply: (b, parameters, at, mode) =>
      tanhLayers(
        b,
        network,
        parameters,
        concat(
          b,
          terms.flatMap((term) => termsOf[term](b, at) ?? []),
          1,
        ),
        mode,
      ),
  };
}

/** The derivative of a sum over rows by each row of x: each row depends on its own x alone. */
export const slopes = (b: Builder, y: Value, x: Value): Value => grad(b, reduceSum(b, y), [x])[0]!;

/** The column of the time, [rows, 1]. */
export const byTime = (b: Builder, values: Value, time: number): Value => slice(b, values, 1, time, time + 1);

/** All columns but that of the time; undefined if there are none. */
function byOthers(b: Builder, values: Value, time: number): Value | undefined {
  const width = Number(values.type.shape[1]);
  const parts = [
    ...(time > 0 ? [slice(b, values, 1, 0, time)] : []),
    ...(time < width - 1 ? [slice(b, values, 1, time + 1, width)] : []),
  ];
  return parts.length === 0 ? undefined : concat(b, parts, 1);
}

const termsOf: Readonly<Record<Term, (b: Builder, at: Place) => Value | undefined>> = {
  s: (b, { x, time }) => byOthers(b, x, time),
  t: (b, { x, time }) => byTime(b, x, time),
  U: (_, { u }) => u,
  U_s: (b, { x, time, u }) => byOthers(b, slopes(b, u, x), time),
  U_ss: (b, { x, time, u }) => {
    const first = byOthers(b, slopes(b, u, x), time);
    return first && byOthers(b, slopes(b, first, x), time);
  },
};

const filledWith =
  (value: number): Initializer =>
  (shape) =>
    new Float32Array(sizeOf(shape)).fill(value);

/** In deviations of the target from its mean: where the growth starts, and how far it goes from there. */
const START = { base: -2, logSpan: Math.log(4) };

/**
 * r (U − C) (1 − (U − C) / (K − C)), Verhulst 1838, with learned r, K and C. r and K − C are powers of e, since both are
 * positive.
 */
const verhulst: Law = {
  parameters: [
    { name: 'dynamics.log_r', shape: [1], initializer: zeros, decay: false },
    { name: 'dynamics.C', shape: [1], initializer: filledWith(START.base), decay: false },
    { name: 'dynamics.log_span', shape: [1], initializer: filledWith(START.logSpan), decay: false },
  ],
  apply: (b, parameters, { u }) => {
    const [rate, span] = [exp(b, parameters['dynamics.log_r']!), exp(b, parameters['dynamics.log_span']!)];
    const grown = sub(b, u, parameters['dynamics.C']!);
    return mul(b, mul(b, grown, rate), sub(b, 1, div(b, grown, span)));
  },
};
