import { vjp } from '../grad.ts';
import type { Builder, Value } from '../graph.ts';
import { expectFlows } from '../lost-gradient.ts';
import { greaterOrEqual } from '../ops/compare.ts';
import { scan } from '../ops/control.ts';
import { add, div, maximum, mul } from '../ops/elementwise.ts';
import { gather } from '../ops/indexing.ts';
import { reshape, zerosLike } from '../ops/movement.ts';
import { reduceMax } from '../ops/reduce.ts';
import { cast, where } from '../ops/select.ts';
import { autocast } from '../precision/autocast.ts';
import { simplified } from '../simplify.ts';
import { trainedParameters, type Values } from './network.ts';
import { type Objective, type Scores, score } from './objective.ts';

export interface GradientSpec extends Objective {
  /** What is minimised: the mean over a batch's weights (the default), or the sum. */
  readonly reduction?: 'mean' | 'sum';
  /** In how many consecutive parts a batch's gradient is computed, with the memory of one part. Default: 1. */
  readonly accumulation?: number;
  /** The seed of the dropout masks. */
  readonly seed: number;
}

type Sums = Pick<Scores, 'loss' | 'weight' | 'correct'>;

export interface Gradients {
  readonly scores: Sums;
  /** The gradients of the trained parameters, by name. */
  readonly gradients: Values;
  /** The parameters that the forward pass carries, after the step, by name. */
  readonly carried: Values;
}

/** The rows of a batch, or of many: which they are, int64 [..., rows], and 1 for each that counts or 0, float32. */
export interface Batch {
  readonly indices: Value;
  readonly present: Value;
  /** The number of the step or of each step, from 1, int64. Default: one more than the state's. */
  readonly step?: Value;
  /** The rows themselves, by name. Default: those of the data that have these numbers. */
  readonly rows?: Values;
}

/**
 * From the parameters and a batch to gradients.
 * @param scale the factor of the gradients, a float32 scalar. Default: 1
 */
export type BatchGradients = (
  b: Builder,
  spec: GradientSpec,
  parameters: Values,
  data: Values,
  batch: Batch,
  step: Value,
  scale?: Value,
) => Gradients;

/** The gradient over a whole batch at once. */
export const batchGradients: BatchGradients = (
  b,
  spec,
  parameters,
  data,
  { indices, present, ...own },
  step,
  scale,
) => {
  const rows = own.rows ?? gathered(b, data, indices);
  const reduce = spec.reduction === 'sum' ? (scores: Sums) => scores.loss : (scores: Sums) => meanLoss(b, scores);
  return gradientsOf(b, spec, parameters, rows, present, spec.seed, step, (scores) => times(b, reduce(scores), scale));
};

function times(b: Builder, value: Value, factor: Value | undefined): Value {
  return factor ? mul(b, value, factor) : value;
}

// A batch that is all padding has weight 0.
function meanLoss(b: Builder, { loss, weight }: Sums): Value {
  return div(b, loss, maximum(b, weight, 1e-30));
}

/**
 * Batches without padding: it repeats a row of the same part of its batch, and does not count. Any other row might hold an
 * infinity, and 0 · ∞ is not 0.
 * @param numbers of rows, int64 [..., rows], -1 for padding
 */
export function batchesOf(b: Builder, numbers: Value, accumulation = 1): Batch {
  const { shape } = numbers.type;
  const size = Number(shape.at(-1)) / accumulation;
  const parts = accumulation === 1 ? numbers : reshape(b, numbers, [...shape.slice(0, -1), accumulation, size]);
  const real = greaterOrEqual(b, parts, 0);
  const last = maximum(b, reduceMax(b, parts, { axes: [-1], keepDims: true }), 0);
  const whole = (value: Value) => reshape(b, value, shape);
  return { indices: whole(where(b, real, parts, last)), present: whole(cast(b, real, 'float32')) };
}

function gathered(b: Builder, data: Values, indices: Value): Values {
  const entries = () => Object.entries(data).map(([name, value]) => [name, gather(b, value, indices)]);
  return b.at('batch', () => Object.fromEntries(entries()));
}

/**
 * The gradient over some rows with respect to the trained parameters, in the objective's precision.
 * @param of the float32 scalar to differentiate. Default: the sum of the rows' losses
 * @throws GradientError if an operation without a gradient, or with a zero gradient, lies between a parameter and `of`
 */
export function gradientsOf(
  b: Builder,
  objective: Objective,
  parameters: Values,
  rows: Values,
  present: Value | undefined,
  seed: number,
  step: Value,
  of: (scores: Sums) => Value = ({ loss }) => loss,
): Gradients {
  const carried: Record<string, Value> = {};
  const carry = (name: string, value: Value) => {
    carried[name] = value;
  };
  const forward = score(b, objective, parameters, rows, present, { training: true, seed, step, carry });
  // Equal nodes are merged before the gradient is taken, not only afterwards. Then there is one gradient for the sum of
  // their cotangents. A loss made of derivatives computes much of its network several times.
  const [scores, kept, own] = remade([forward, carried, parameters], (values) => simplified(b, values));
  const names = trainedParameters(objective.network).map(({ name }) => name);
  // They may be parts of other values, which are made again as well.
  const by = names.map((name) => own[name]!);
  const value = of(scores);
  const found = vjp(b, [value], [b.scalar('float32', 1)], by);
  expectFlows(value, by, found, (i) => `parameter '${names[i]}'`);
  const gradients = Object.fromEntries(names.map((name, i) => [name, found[i] ?? zerosLike(b, by[i]!)]));
  return inPrecision(b, objective, own, scores, { scores, gradients, carried: kept });
}

/** The same in half precision, if the objective asks for it. All results are float32. */
function inPrecision(
  b: Builder,
  { precision = 'float32', emulateHalf = false }: Objective,
  parameters: Values,
  { outputs }: Scores,
  { scores: { loss, weight, correct }, gradients, carried }: Gradients,
): Gradients {
  const scores = { loss, weight, correct };
  if (precision === 'float32') return { scores, gradients, carried };
  const options = { weak: Object.values(parameters), single: [outputs], emulated: emulateHalf };
  const [first, second, third] = remade([scores, gradients, carried], (values) =>
    autocast(b, values, precision, options),
  );
  return { scores: first, gradients: second, carried: third };
}

/** Records of values, all of which are rebuilt together. */
function remade<T extends readonly Values[]>(
  records: readonly [...T],
  remake: (values: readonly Value[]) => readonly Value[],
): T {
  const made = remake(records.flatMap((record) => Object.values(record))).values();
  const again = (record: Values) => Object.fromEntries(Object.keys(record).map((name) => [name, made.next().value!]));
  return records.map(again) as readonly Values[] as T;
}

/**
 * The same gradient, from consecutive parts of the batch: a loop that carries the sums and whatever the forward pass
 * carries. For dropout masks and running statistics, each part is a step of its own.
 */
export const accumulatedGradients: BatchGradients = (b, spec, parameters, data, batch, step, scale) => {
  const parts = spec.accumulation ?? 1;
  const { network } = spec;
  const trained = trainedParameters(network).map(({ name }) => name);
  const kept = network.parameters.filter(({ trainable = true }) => !trainable).map(({ name }) => name);
  const zero = b.scalar('float32', 0);
  const sums = [zero, zero, zero, ...trained.map((name) => zerosLike(b, parameters[name]!))];
  const part = mul(b, step, parts);
  const dataNames = Object.keys(data);
  const mean = spec.reduction !== 'sum';
  // A part's loss is a sum. With the same scale, its gradients would overflow sooner than those of the batch's mean.
  const rows = Number(batch.indices.type.shape[0]);
  const factor = scale && mean ? div(b, scale, rows) : scale;
  const { states } = scan(b, {
    captured: [...Object.values(data), ...trained.map((name) => parameters[name]!), ...(factor ? [factor] : [])],
    states: [part, ...kept.map((name) => parameters[name]!), ...sums],
    sequences: [batch.indices, batch.present].map((value) => reshape(b, value, [parts, rows / parts])),
    body: (inner, captured, [count, ...before], [indices, present]) => {
      const named = (names: readonly string[], values: readonly Value[]) =>
        Object.fromEntries(names.map((name, i) => [name, values[i]!]));
      const resident = named(dataNames, captured);
      const own = named(kept, before);
      const all = { ...named(trained, captured.slice(dataNames.length)), ...own };
      const by = captured[dataNames.length + trained.length];
      const rows = gathered(inner, resident, indices!);
      const { scores, gradients, carried } = gradientsOf(
        inner,
        spec,
        all,
        rows,
        present,
        spec.seed,
        count!,
        ({ loss }) => times(inner, loss, by),
      );
      const fresh = [scores.loss, scores.weight, scores.correct, ...trained.map((name) => gradients[name]!)];
      const next = before.slice(kept.length).map((sum, i) => add(inner, sum, fresh[i]!));
      return {
        states: [add(inner, count!, 1), ...kept.map((name) => carried[name] ?? own[name]!), ...next],
        slices: [],
      };
    },
  });
  const after = states.slice(1, 1 + kept.length);
  const [loss, weight, correct, ...totals] = states.slice(1 + kept.length) as [Value, Value, Value, ...Value[]];
  const divisor = maximum(b, weight, 1e-30);
  const share = (sum: Value) => (mean ? div(b, scale ? mul(b, sum, rows) : sum, divisor) : sum);
  return {
    scores: { loss, weight, correct },
    gradients: Object.fromEntries(trained.map((name, i) => [name, share(totals[i]!)])),
    carried: Object.fromEntries(kept.map((name, i) => [name, after[i]!])),
  };
};
