import type { Builder, Value } from '../graph.ts';
import { greater } from '../ops/compare.ts';
import { abs, add, mul } from '../ops/elementwise.ts';
import { reduceMax } from '../ops/reduce.ts';
import { cast, where } from '../ops/select.ts';
import { clipByGlobalNorm } from '../optim/clip.ts';
import type { Optimizer, Schedule, Update } from '../optim/optimizer.ts';
import { afterScaledStep, allFinite, LOSS_SCALE, type LossScaling, unscaled } from '../precision/loss-scaling.ts';
import { decayOf, type FlatParameters, flattened, unflattened } from './flat-parameters.ts';
import { accumulatedGradients, type Batch, batchGradients, type GradientSpec } from './gradients.ts';
import { trainedParameters, type Values } from './network.ts';
import { AVERAGE, parameterKey, slotKey } from './state.ts';

export interface UpdateSpec extends GradientSpec {
  readonly optimizer: Optimizer;
  /** The factor of the learning rate, by step. Default: 1. */
  readonly schedule?: Schedule;
  /** The largest norm of the gradient over all parameters; a larger gradient is scaled down to it. */
  readonly clipNorm?: number;
  /** The decay of a moving average of the weights, in [0, 1). Without it, no average is kept. */
  readonly averaging?: number;
  /** How losses are scaled in float16. */
  readonly lossScaling?: LossScaling;
}

/**
 * One step: from the state before it and a batch to the state after it.
 * @param flat parameters that the state has as vectors, with their slots. Default: none
 */
export function trainStep(
  b: Builder,
  spec: UpdateSpec,
  state: Values,
  data: Values,
  batch: Batch,
  flat: readonly FlatParameters[] = [],
) {
  const { network, optimizer, averaging, accumulation = 1 } = spec;
  const trained = trainedParameters(network);
  const members = new Set(flat.flatMap((one) => one.members));
  const single = network.parameters.filter((one) => !members.has(one));
  const count = batch.step ?? add(b, state.step!, 1);
  const parameters: Values = Object.assign(
    Object.fromEntries(single.map(({ name }) => [name, state[parameterKey(name)]!])),
    ...flat.map((one) => unflattened(b, one, state[parameterKey(one.name)]!)),
  );
  const whole = accumulation === 1 ? batchGradients : accumulatedGradients;
  const scale = state[LOSS_SCALE];
  const found = whole(b, spec, parameters, data, batch, count, scale);
  const { scores, carried } = found;
  const gradients = scale ? unscaled(b, found.gradients, scale) : found.gradients;
  const raw = trained.map(({ name }) => gradients[name]!);
  const clipped = spec.clipNorm === undefined ? raw : clipByGlobalNorm(b, raw, spec.clipNorm);
  const time = cast(b, count, 'float64');
  const rate = spec.schedule
    ? mul(b, spec.schedule(b, time), optimizer.learningRate)
    : b.scalar('float64', optimizer.learningRate);
  const after: Record<string, Value> = { step: count };
  for (const { name } of single) after[parameterKey(name)] = carried[name] ?? parameters[name]!;
  const byName = Object.fromEntries(trained.map(({ name }, i) => [name, clipped[i]!]));
  const updated = [
    ...trained.filter((one) => !members.has(one)).map((one) => ({ ...one, gradient: byName[one.name]! })),
    ...flat.map((one) => ({ ...one, sparse: false, decay: decayOf(b, one), gradient: flattened(b, one, byName) })),
  ];
  for (const { name, decay, learningRateFactor = 1, sparse = false, gradient } of updated) {
    const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, state[slotKey(slot, name)]!]));
    const update = {
      parameter: state[parameterKey(name)]!,
      gradient,
      slots,
      learningRate: learningRateFactor === 1 ? rate : mul(b, rate, learningRateFactor),
      step: time,
      decay,
    };
    const result = b.at(`update(${name})`, () => {
      const all = optimizer.update(b, update);
      return sparse ? ofTouchedRows(b, update, all) : all;
    });
    after[parameterKey(name)] = result.parameter;
    for (const slot of optimizer.slots) after[slotKey(slot, name)] = result.slots[slot]!;
    if (averaging === undefined) continue;
    const key = slotKey(AVERAGE, name);
    after[key] = add(b, mul(b, state[key]!, averaging), mul(b, result.parameter, 1 - averaging));
  }
  return {
    after: scale ? afterScaledStep(b, spec, allFinite(b, raw), state, after) : after,
    scores: [scores.loss, scores.weight, scores.correct],
  };
}

type Updated = ReturnType<Optimizer['update']>;

/** The update of rows whose gradient is not zero; the others stay, with their slots. */
function ofTouchedRows(b: Builder, { parameter, gradient, slots }: Update, all: Updated): Updated {
  const axes = gradient.type.shape.map((_, axis) => axis).slice(1);
  const touched = greater(b, reduceMax(b, abs(b, gradient), { axes, keepDims: true }), 0);
  const kept = (before: Value, after: Value) => where(b, touched, after, before);
  return {
    parameter: kept(parameter, all.parameter),
    slots: Object.fromEntries(Object.entries(all.slots).map(([slot, after]) => [slot, kept(slots[slot]!, after)])),
  };
}
