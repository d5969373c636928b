import { Builder, Graph, type Value } from '../graph.ts';
import { peakBytes } from '../memory/liveness.ts';
import { writeModelFile } from '../onnx/file.ts';
import { type ModelMeta, writeModel } from '../onnx/write.ts';
import { add, div, maximum, mul } from '../ops/elementwise.ts';
import { gather } from '../ops/indexing.ts';
import { slice } from '../ops/join.ts';
import { leanScan } from '../ops/lean-scan.ts';
import { expandLike, squeeze } from '../ops/movement.ts';
import { cumSum } from '../ops/order.ts';
import { isScaled, LOSS_SCALE, unscaled } from '../precision/loss-scaling.ts';
import type { Precision } from '../precision/precision.ts';
import { simplify } from '../simplify.ts';
import { filled } from '../tensor.ts';
import { type Type, type } from '../type.ts';
import { expectBounds } from './bounds.ts';
import { flatParameters, flattenedState, unflattenedState } from './flat-parameters.ts';
import { batchesOf, gradientsOf } from './gradients.ts';
import type { Values } from './network.ts';
import { expectRows, type Objective, score } from './objective.ts';
import { afterKey, parameterKey, stateTypes } from './state.ts';
import { type TargetRule, targetRule } from './targets.ts';
import type { TrainSpec } from './train-spec.ts';
import { trainStep } from './update.ts';

/**
 * A compiled training. One run does as many steps as `batches` has rows.
 *
 * Inputs: the state; `data/<name>`; and `batches`, int64 [steps, batchSize], which holds row numbers. In it, -1 is
 * padding, which contributes nothing. (In a batch that is all padding, moments and weights still decay.)
 *
 * Outputs: the state after the last step, as `after/<key>`; and for each step, float32 [steps], `loss` (the weighted
 * sum over the batch's rows), `weight` (the sum of the rows' weights) and `correct` (the number of correctly predicted
 * rows, or 0 for losses without right and wrong).
 *
 * The gradient is that of loss / weight, or of loss if the spec's reduction is `sum`. In half precision, losses are
 * still those of the forward pass: float32 and not scaled.
 */
export interface TrainProgram {
  readonly bytes: Uint8Array;
  readonly batchSize: number;
  /** Whether the data are `[steps, batchSize, …]`: the rows of the batches, one batch after another. */
  readonly isInOrder: boolean;
  readonly precision: Precision;
  readonly state: Readonly<Record<string, Type>>;
  readonly data: Readonly<Record<string, Type>>;
  /** Which targets the loss takes; any if undefined. */
  readonly targets: TargetRule | undefined;
  /** What the intermediate values of a step take at their peak, an upper bound. */
  readonly stepBytes: number;
}

const META: ModelMeta = { producer: 'trainyard' };

/**
 * Compiles a training step into a loop of steps. Forward pass, backward pass and update are the body of one Scan, which
 * carries the state, takes one row of `batches` per step and reads the data in place.
 * @param flat the parameters that are updated together. Default: all small ones
 * @throws ShapeError if the parts do not fit, GradientError if the loss has no gradient; both name the place
 */
export function compileTrain(spec: TrainSpec, flat = flatIn(spec)): TrainProgram {
  expectBounds(spec);
  expectRows(spec.data);
  const b = new Builder();
  const state = stateTypes(spec);
  const inputs = Object.fromEntries(
    Object.entries(state).map(([key, { dtype, shape }]) => [key, b.input(key, dtype, shape)]),
  );
  const carriedState = flattenedState(b, spec, flat, inputs);
  // Where a step may be skipped, it is not known before which number the next one has.
  const isCounted = !isScaled(spec);
  const keys = Object.keys(carriedState).filter((key) => key !== 'step' || !isCounted);
  const { batchSize, precision = 'float32', accumulation = 1, isInOrder = false } = spec;
  const data = dataInputs(b, isInOrder ? inSteps(spec) : spec.data);
  const batches = b.input('batches', 'int64', ['steps', spec.batchSize]);
  // Of all steps at once: in each step, it would be some more operations of a few hundred numbers.
  const { indices, present } = batchesOf(b, batches, spec.accumulation);
  const numbers = numbersOf(b, inputs.step!, batches);
  const { states, sequences } = leanScan(b, {
    captured: isInOrder ? [] : Object.values(data),
    states: keys.map((key) => carriedState[key]!),
    sequences: [indices, present, numbers, ...(isInOrder ? Object.values(data) : [])],
    body: (inner, captured, carried, [taken, counted, step, ...rows]) => {
      const byName = (values: readonly Value[]) =>
        Object.fromEntries(Object.keys(data).map((name, i) => [name, values[i]!]));
      const before = Object.fromEntries(keys.map((key, i) => [key, carried[i]!]));
      const batch = {
        ...{ indices: taken!, present: counted! },
        ...(isCounted ? { step: step! } : {}),
        ...(isInOrder ? { rows: byName(rows) } : {}),
      };
      const { after, scores } = trainStep(inner, spec, before, byName(captured), batch, flat);
      return { states: keys.map((key) => after[key]!), slices: scores };
    },
  });
  const [loss, weight, correct] = sequences as readonly [Value, Value, Value];
  const carried = Object.fromEntries(keys.map((key, i) => [key, states[i]!]));
  const number = gather(b, numbers, b.scalar('int64', -1));
  const last: Values = { step: number, ...unflattenedState(b, spec, flat, carried) };
  const after = Object.fromEntries(Object.keys(state).map((key) => [afterKey(key), last[key]!]));
  const outputs = { ...after, loss, weight, correct };
  const graph = new Graph('train', [...Object.values(inputs), ...Object.values(data), batches], outputs);
  const targets = targetRule(spec, batchSize / accumulation);
  const simple = simplify(graph);
  const stepBytes = peakBytes(simple, { steps: 1 });
  return {
    bytes: writeModel(simple, META),
    batchSize,
    isInOrder,
    precision,
    state,
    data: spec.data,
    targets,
    stepBytes,
  };
}

/** The types of rows that are in order. */
const inSteps = ({ data, batchSize }: TrainSpec): TrainSpec['data'] =>
  Object.fromEntries(
    Object.entries(data).map(([name, { dtype, shape }]) => [
      name,
      type(dtype, ['steps', batchSize, ...shape.slice(1)]),
    ]),
  );

/** The numbers of the steps, int64 [steps]. @param before the number of the step before them */
function numbersOf(b: Builder, before: Value, batches: Value): Value {
  const first = squeeze(b, slice(b, batches, 1, 0, 1), [1]);
  const ones = expandLike(b, b.constant(filled('int64', [1], 1)), first);
  return add(b, cumSum(b, ones, 0), before);
}

/** In half precision, weights are told by being inputs of a step, and a scaled step decides what of the state changes. */
const flatIn = ({ precision = 'float32', network }: TrainSpec) =>
  precision === 'float32' ? flatParameters(network) : [];

/**
 * A compiled evaluation. Inputs are `parameter/<name>` and `data/<name>`. Outputs are `outputs` [rows, outputs] and the
 * scalars `loss`, `weight` and `correct`, with the same meaning as in `TrainProgram`.
 */
export interface EvaluateProgram {
  readonly bytes: Uint8Array;
  readonly data: Readonly<Record<string, Type>>;
  /** Which targets the loss takes; any if undefined. */
  readonly targets: TargetRule | undefined;
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
  return { bytes: writeModel(simplify(graph), META), data: objective.data, targets: targetRule(objective) };
}

/**
 * A compiled gradient, for callers that update the parameters elsewhere. Inputs are `parameter/<name>`, `data/<name>`
 * and the int64 scalar `step`. Outputs are `loss`, `weight` and `correct` as in `TrainProgram`; for each trained
 * parameter `gradient/<name>`, the gradient of the loss, not divided by the weight, so that the parts of a batch add
 * up; and `after/parameter/<name>` for parameters that the forward pass carries.
 *
 * In float16 there is another input, `loss_scale`, by which the mean loss is multiplied. The gradients are divided by
 * it again, so they add up whatever it was. If it was too large, they are infinite or NaN. The caller checks their sum,
 * takes no step if it is not finite, and calls `nextScaling` for the next scale.
 *
 * Nothing checks the inputs of the session: whoever opens it calls `expectTargets` and `expectKernels`.
 */
export interface GradientProgram extends EvaluateProgram {
  readonly precision: Precision;
}

/**
 * Compiles the gradient over all rows of the data, in the objective's precision.
 * @throws ShapeError if the parts do not fit, GradientError if the loss has no gradient
 */
export function compileGradients(objective: Objective, seed: number): GradientProgram {
  expectRows(objective.data);
  const b = new Builder();
  const inputs = objective.network.parameters.map(
    ({ name, shape }) => [name, b.input(parameterKey(name), 'float32', shape)] as const,
  );
  const data = dataInputs(b, objective.data);
  const step = b.input('step', 'int64', []);
  const { precision = 'float32' } = objective;
  const scale = isScaled(objective) ? b.input(LOSS_SCALE, 'float32', []) : undefined;
  const parameters = Object.fromEntries(inputs);
  const { scores, gradients, carried } = gradientsOf(b, objective, parameters, data, undefined, seed, step, (sums) =>
    scale ? mul(b, sums.loss, perWeight(b, scale, sums.weight)) : sums.loss,
  );
  const values = [...inputs.map(([, value]) => value), ...Object.values(data), step, ...(scale ? [scale] : [])];
  const graph = new Graph('gradients', values, {
    ...{ loss: scores.loss, weight: scores.weight, correct: scores.correct },
    ...prefixed('gradient/', scale ? unscaled(b, gradients, perWeight(b, scale, scores.weight)) : gradients),
    ...prefixed(afterKey(parameterKey('')), carried),
  });
  return { bytes: writeModel(simplify(graph), META), data: objective.data, precision, targets: targetRule(objective) };
}

/** The factor of a sum of losses that scales their mean. For rows without weight, the sum is 0. */
function perWeight(b: Builder, scale: Value, weight: Value): Value {
  return div(b, scale, maximum(b, weight, 1e-30));
}

function prefixed(prefix: string, values: Values): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}

export interface InferenceSpec {
  /** The model's inputs, by the names that callers use. */
  readonly inputs: Readonly<Record<string, Type>>;
  /** From the inputs to the named outputs. Weights are constants (`constantParameters`). */
  readonly build: (b: Builder, inputs: Values) => Values;
  readonly meta: ModelMeta;
}

/**
 * Compiles a model for serving, and returns the bytes of `model.onnx`.
 * @throws ShapeError if the parts do not fit
 */
export function compileInference(spec: InferenceSpec): Uint8Array {
  return writeModel(inferenceGraph(spec), spec.meta);
}

/**
 * Like `compileInference`, but writes a file. If it cannot hold the weights, a second file beside it does
 * (`writeModelFile`).
 * @returns the paths of the files, the model first
 */
export function writeInference(path: string, spec: InferenceSpec): Promise<readonly string[]> {
  return writeModelFile(path, inferenceGraph(spec), spec.meta);
}

function inferenceGraph({ inputs, build }: InferenceSpec): Graph {
  const b = new Builder();
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, shape }]) => [name, b.input(name, dtype, shape)]),
  );
  return simplify(new Graph('model', Object.values(values), build(b, values)));
}

function dataInputs(b: Builder, data: Readonly<Record<string, Type>>): Values {
  const entries = Object.entries(data).map(([name, { dtype, shape }]) => [name, b.input(`data/${name}`, dtype, shape)]);
  return Object.fromEntries(entries);
}
