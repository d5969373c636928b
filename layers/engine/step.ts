import { grad } from './grad.ts';
import { Builder, Graph, type Value } from './graph.ts';
import type { Values } from './network.ts';
import { expectRows, type Objective, score } from './objective.ts';
import { type ModelMeta, writeModel } from './onnx/write.ts';
import { greaterOrEqual } from './ops/compare.ts';
import { scan } from './ops/control.ts';
import { add, div, maximum, mul } from './ops/elementwise.ts';
import { gather } from './ops/indexing.ts';
import { reduceMax } from './ops/reduce.ts';
import { cast, where } from './ops/select.ts';
import { clipByGlobalNorm } from './optim/clip.ts';
import type { Optimizer, Schedule } from './optim/optimizer.ts';
import { simplify } from './simplify.ts';
import { afterKey, parameterKey, slotKey, stateTypes } from './state.ts';
import { ShapeError, type Type } from './type.ts';

export interface TrainSpec extends Objective {
  readonly optimizer: Optimizer;
  /** The learning rate's factor by step; 1 if absent. */
  readonly schedule?: Schedule;
  /** Gradients are scaled down to this norm over all parameters together. */
  readonly clipNorm?: number;
  readonly batchSize: number;
  /** What dropout masks are drawn from. */
  readonly seed: number;
}

/**
 * A compiled training: one run is as many steps as `batches` has rows.
 *
 * Inputs: the state; `data/<name>`; `batches`, int64 [steps, batchSize], row numbers, where -1 is padding that
 * contributes nothing (a batch of nothing but padding still lets moments and weights decay). Outputs: the state after
 * the last step, under `after/<key>`; by step `loss` (weighted sum over the batch's rows), `weight` (sum of the rows' weights) and
 * `correct` (rows predicted right; 0 for losses without right and wrong), float32 [steps] each. The gradient is that
 * of loss / weight.
 */
export interface TrainProgram {
  readonly bytes: Uint8Array;
  readonly batchSize: number;
  readonly state: Readonly<Record<string, Type>>;
  readonly data: Readonly<Record<string, Type>>;
}

const META: ModelMeta = { producer: 'trainyard' };

/**
 * Compiles a training step into a loop of steps: forward, backward and update in the body of one Scan, which carries
 * the state, cuts `batches` into rows and reads the data where it lies.
 * @throws ShapeError if the parts do not fit, GradientError if the loss has no gradient; both name the place
 */
export function compileTrain(spec: TrainSpec): TrainProgram {
  expectBatchSize(spec.batchSize);
  expectRows(spec.data);
  const b = new Builder();
  const state = stateTypes(spec);
  const keys = Object.keys(state);
  const stateInputs = keys.map((key) => b.input(key, state[key]!.dtype, state[key]!.shape));
  const data = dataInputs(b, spec.data);
  const batches = b.input('batches', 'int64', ['steps', spec.batchSize]);
  const { states, sequences } = scan(b, {
    captured: Object.values(data),
    states: stateInputs,
    sequences: [batches],
    body: (inner, captured, carried, [indices]) => {
      const resident = Object.fromEntries(Object.keys(data).map((name, i) => [name, captured[i]!]));
      const before = Object.fromEntries(keys.map((key, i) => [key, carried[i]!]));
      const { after, scores } = step(inner, spec, before, resident, indices!);
      return { states: keys.map((key) => after[key]!), slices: scores };
    },
  });
  const [loss, weight, correct] = sequences as readonly [Value, Value, Value];
  const outputs = { ...Object.fromEntries(keys.map((key, i) => [afterKey(key), states[i]!])), loss, weight, correct };
  const graph = new Graph('train', [...stateInputs, ...Object.values(data), batches], outputs);
  return { bytes: writeModel(simplify(graph), META), batchSize: spec.batchSize, state, data: spec.data };
}

/** One step: from the state before and a batch's row numbers to the state after. */
function step(b: Builder, spec: TrainSpec, state: Values, data: Values, indices: Value) {
  const { network, optimizer, seed } = spec;
  const real = greaterOrEqual(b, indices, 0);
  const present = cast(b, real, 'float32');
  // Padding stands for a row of the same batch: a row from elsewhere might hold an infinity, and 0 · ∞ is not 0.
  const valid = where(b, real, indices, maximum(b, reduceMax(b, indices), 0));
  const rows = b.at('batch', () =>
    Object.fromEntries(Object.entries(data).map(([name, value]) => [name, gather(b, value, valid)])),
  );
  const count = add(b, state.step!, 1);
  const parameters = Object.fromEntries(network.parameters.map(({ name }) => [name, state[parameterKey(name)]!]));
  const scores = score(b, spec, parameters, rows, present, { training: true, seed, step: count });
  // A batch of nothing but padding has weight 0.
  const mean = div(b, scores.loss, maximum(b, scores.weight, 1e-30));
  const raw = grad(b, mean, Object.values(parameters));
  const gradients = spec.clipNorm === undefined ? raw : clipByGlobalNorm(b, raw, spec.clipNorm);
  const time = cast(b, count, 'float64');
  const rate = spec.schedule
    ? mul(b, spec.schedule(b, time), optimizer.learningRate)
    : b.scalar('float64', optimizer.learningRate);
  const after: Record<string, Value> = { step: count };
  for (const [i, { name, decay }] of network.parameters.entries()) {
    const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, state[slotKey(slot, name)]!]));
    const update = {
      parameter: parameters[name]!,
      gradient: gradients[i]!,
      slots,
      learningRate: rate,
      step: time,
      decay,
    };
    const result = b.at(`update(${name})`, () => optimizer.update(b, update));
    after[parameterKey(name)] = result.parameter;
    for (const slot of optimizer.slots) after[slotKey(slot, name)] = result.slots[slot]!;
  }
  return { after, scores: [scores.loss, scores.weight, scores.correct] };
}

/**
 * A compiled evaluation: inputs are `parameter/<name>` and `data/<name>`; outputs are `outputs` [rows, outputs] and the
 * scalars `loss`, `weight` and `correct`, which mean what they mean in `TrainProgram`.
 */
export interface EvaluateProgram {
  readonly bytes: Uint8Array;
  readonly data: Readonly<Record<string, Type>>;
}

/**
 * Compiles the forward pass and the loss over all rows of the data.
 * @throws ShapeError if the parts do not fit
 */
export function compileEvaluate(objective: Objective): EvaluateProgram {
  expectRows(objective.data);
  const b = new Builder();
  const parameters = Object.fromEntries(
    objective.network.parameters.map(({ name, shape }) => [name, b.input(parameterKey(name), 'float32', shape)]),
  );
  const data = dataInputs(b, objective.data);
  const scores = score(b, objective, parameters, data, undefined, { training: false });
  const graph = new Graph('evaluate', [...Object.values(parameters), ...Object.values(data)], { ...scores });
  return { bytes: writeModel(simplify(graph), META), data: objective.data };
}

export interface InferenceSpec {
  /** The model's inputs by name, as a caller feeds them. */
  readonly inputs: Readonly<Record<string, Type>>;
  /** From the inputs to the named outputs; weights come in as constants (`constantParameters`). */
  readonly build: (b: Builder, inputs: Values) => Values;
  readonly meta: ModelMeta;
}

/**
 * Compiles a model to serve: the bytes of `model.onnx`.
 * @throws ShapeError if the parts do not fit
 */
export function compileInference({ inputs, build, meta }: InferenceSpec): Uint8Array {
  const b = new Builder();
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, shape }]) => [name, b.input(name, dtype, shape)]),
  );
  return writeModel(simplify(new Graph('model', Object.values(values), build(b, values))), meta);
}

function dataInputs(b: Builder, data: Readonly<Record<string, Type>>): Values {
  const entries = Object.entries(data).map(([name, { dtype, shape }]) => [name, b.input(`data/${name}`, dtype, shape)]);
  return Object.fromEntries(entries);
}

function expectBatchSize(batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new ShapeError(`batch size must be an integer of at least 1; got ${batchSize}`);
}
