import { grad } from './grad.ts';
import type { Builder, Value } from './graph.ts';
import { trainedParameters, type Values } from './network.ts';
import { type Objective, type Scores, score } from './objective.ts';
import { greaterOrEqual } from './ops/compare.ts';
import { scan } from './ops/control.ts';
import { add, div, maximum, mul } from './ops/elementwise.ts';
import { gather } from './ops/indexing.ts';
import { reshape, zerosLike } from './ops/movement.ts';
import { reduceMax } from './ops/reduce.ts';
import { cast, where } from './ops/select.ts';
import { clipByGlobalNorm } from './optim/clip.ts';
import type { Optimizer, Schedule } from './optim/optimizer.ts';
import { AVERAGE, parameterKey, slotKey } from './state.ts';

export interface UpdateSpec extends Objective {
  readonly optimizer: Optimizer;
  /** The learning rate's factor by step; 1 if absent. */
  readonly schedule?: Schedule;
  /** Gradients are scaled down to this norm over all parameters together. */
  readonly clipNorm?: number;
  /** What is made small: the mean over a batch's weights, which it is if absent, or the sum. */
  readonly reduction?: 'mean' | 'sum';
  /** In how many parts, one after the other, a batch's gradient is computed, which takes the memory of one; 1 if absent. */
  readonly accumulation?: number;
  /** How much of a moving average of the weights stays from step to step, in [0, 1); none is kept if absent. */
  readonly averaging?: number;
  /** What dropout masks are drawn from. */
  readonly seed: number;
}

type Sums = Pick<Scores, 'loss' | 'weight' | 'correct'>;

interface Gradients {
  readonly scores: Sums;
  /** By name, of the parameters that train. */
  readonly gradients: Values;
  /** By name, what the forward pass made of parameters that it carries. */
  readonly carried: Values;
}

/** One step: from the state before and a batch's row numbers to the state after. */
export function trainStep(b: Builder, spec: UpdateSpec, state: Values, data: Values, indices: Value) {
  const { network, optimizer, averaging, accumulation = 1 } = spec;
  const trained = trainedParameters(network);
  const count = add(b, state.step!, 1);
  const parameters = Object.fromEntries(network.parameters.map(({ name }) => [name, state[parameterKey(name)]!]));
  const whole = accumulation === 1 ? batchGradients : accumulatedGradients;
  const { scores, gradients, carried } = whole(b, spec, parameters, data, indices, count);
  const raw = trained.map(({ name }) => gradients[name]!);
  const clipped = spec.clipNorm === undefined ? raw : clipByGlobalNorm(b, raw, spec.clipNorm);
  const time = cast(b, count, 'float64');
  const rate = spec.schedule
    ? mul(b, spec.schedule(b, time), optimizer.learningRate)
    : b.scalar('float64', optimizer.learningRate);
  const after: Record<string, Value> = { step: count };
  for (const { name } of network.parameters) after[parameterKey(name)] = carried[name] ?? parameters[name]!;
  for (const [i, { name, decay }] of trained.entries()) {
    const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, state[slotKey(slot, name)]!]));
    const update = {
      parameter: parameters[name]!,
      gradient: clipped[i]!,
      slots,
      learningRate: rate,
      step: time,
      decay,
    };
    const result = b.at(`update(${name})`, () => optimizer.update(b, update));
    after[parameterKey(name)] = result.parameter;
    for (const slot of optimizer.slots) after[slotKey(slot, name)] = result.slots[slot]!;
    if (averaging === undefined) continue;
    const key = slotKey(AVERAGE, name);
    after[key] = add(b, mul(b, state[key]!, averaging), mul(b, result.parameter, 1 - averaging));
  }
  return { after, scores: [scores.loss, scores.weight, scores.correct] };
}

type BatchGradients = (
  b: Builder,
  spec: UpdateSpec,
  parameters: Values,
  data: Values,
  indices: Value,
  step: Value,
) => Gradients;

const batchGradients: BatchGradients = (b, spec, parameters, data, indices, step) => {
  const { rows, present } = batchRows(b, data, indices);
  const reduce = spec.reduction === 'sum' ? (scores: Sums) => scores.loss : (scores: Sums) => meanLoss(b, scores);
  return gradientsOf(b, spec, parameters, rows, present, spec.seed, step, reduce);
};

// A batch of nothing but padding has weight 0.
function meanLoss(b: Builder, { loss, weight }: Sums): Value {
  return div(b, loss, maximum(b, weight, 1e-30));
}

/** The rows of a batch; -1 is padding, which is not present. */
function batchRows(b: Builder, data: Values, indices: Value): { readonly rows: Values; readonly present: Value } {
  const real = greaterOrEqual(b, indices, 0);
  const present = cast(b, real, 'float32');
  // Padding stands for a row of the same batch: a row from elsewhere might hold an infinity, and 0 · ∞ is not 0.
  const valid = where(b, real, indices, maximum(b, reduceMax(b, indices), 0));
  const entries = () => Object.entries(data).map(([name, value]) => [name, gather(b, value, valid)]);
  return { rows: b.at('batch', () => Object.fromEntries(entries())), present };
}

/**
 * The gradient over some rows, by the parameters that train.
 * @param of what it is the gradient of; the sum of the rows' losses if absent
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
  const scores = score(b, objective, parameters, rows, present, { training: true, seed, step, carry });
  const names = trainedParameters(objective.network).map(({ name }) => name);
  const found = grad(
    b,
    of(scores),
    names.map((name) => parameters[name]!),
  );
  return { scores, gradients: Object.fromEntries(names.map((name, i) => [name, found[i]!])), carried };
}

/**
 * The same gradient from parts of the batch, one after the other: a loop that carries the sums and whatever the forward
 * pass carries. Each part is a step of its own to dropout masks and running statistics.
 */
const accumulatedGradients: BatchGradients = (b, spec, parameters, data, indices, step) => {
  const parts = spec.accumulation ?? 1;
  const { network } = spec;
  const trained = trainedParameters(network).map(({ name }) => name);
  const kept = network.parameters.filter(({ trainable = true }) => !trainable).map(({ name }) => name);
  const zero = b.scalar('float32', 0);
  const sums = [zero, zero, zero, ...trained.map((name) => zerosLike(b, parameters[name]!))];
  const part = mul(b, step, parts);
  const dataNames = Object.keys(data);
  const { states } = scan(b, {
    captured: [...Object.values(data), ...trained.map((name) => parameters[name]!)],
    states: [part, ...kept.map((name) => parameters[name]!), ...sums],
    sequences: [reshape(b, indices, [parts, Number(indices.type.shape[0]) / parts])],
    body: (inner, captured, [count, ...before], [some]) => {
      const named = (names: readonly string[], values: readonly Value[]) =>
        Object.fromEntries(names.map((name, i) => [name, values[i]!]));
      const resident = named(dataNames, captured);
      const own = named(kept, before);
      const all = { ...named(trained, captured.slice(dataNames.length)), ...own };
      const { rows, present } = batchRows(inner, resident, some!);
      const { scores, gradients, carried } = gradientsOf(inner, spec, all, rows, present, spec.seed, count!);
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
  const share = (sum: Value) => (spec.reduction === 'sum' ? sum : div(b, sum, divisor));
  return {
    scores: { loss, weight, correct },
    gradients: Object.fromEntries(trained.map((name, i) => [name, share(totals[i]!)])),
    carried: Object.fromEntries(kept.map((name, i) => [name, after[i]!])),
  };
};
