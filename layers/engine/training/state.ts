import type { Optimizer } from '../optim/optimizer.ts';
import { withinMemoryNow } from '../out-of-memory.ts';
import { initialScaling, type Scaled, scalingTypes } from '../precision/loss-scaling.ts';
import { filled, scalar, type Tensors } from '../tensor.ts';
import { formatShape, ShapeError, type Type, type } from '../type.ts';
import { initialParameters, type Network } from './network.ts';

/**
 * Everything that training changes, by name. The parameters `parameter/<name>`, the optimizer's slots `<slot>/<name>`
 * and, if they are kept, the moving averages of weights `average/<name>` are float32. `step` is an int64 scalar, the
 * number of steps so far. With loss scaling there are also `loss_scale` and `good_steps` (`LossScaling`). A parameter
 * that is not trained has neither slots nor an average.
 */
export type State = Tensors;

/** Anything that has a training state. */
export interface Trainable extends Scaled {
  readonly network: Network;
  readonly optimizer: Optimizer;
  /** The decay of a moving average of the weights, in [0, 1). Without it, no average is kept. */
  readonly averaging?: number;
}

/** The slot that holds the moving average of a weight. */
export const AVERAGE = 'average';

const PARAMETER = 'parameter/';

export function parameterKey(name: string): string {
  return PARAMETER + name;
}

export function slotKey(slot: string, name: string): string {
  return `${slot}/${name}`;
}

/** The name of a returned state in the training graph: inputs and outputs must have different names. */
export function afterKey(key: string): string {
  return `after/${key}`;
}

/** What the state holds for each trained parameter, besides the parameter. */
export function slotsOf({ optimizer, averaging }: Trainable): readonly string[] {
  return averaging === undefined ? optimizer.slots : [...optimizer.slots, AVERAGE];
}

/** The types of the state, in the order in which the training graph carries it. */
export function stateTypes(trainable: Trainable): Readonly<Record<string, Type>> {
  const keys = trainable.network.parameters.flatMap(({ name, shape, trainable: trains = true }) =>
    [parameterKey(name), ...(trains ? slotsOf(trainable) : []).map((slot) => slotKey(slot, name))].map((key) => [
      key,
      type('float32', shape),
    ]),
  );
  return { ...Object.fromEntries(keys), step: type('int64', []), ...scalingTypes(trainable) };
}

/**
 * The state before the first step: slots are zero, averages equal the parameters, and the step is 0.
 * @param parameters by name; those that are absent are drawn from the seed
 * @throws ShapeError if the network has no such parameter, OutOfMemoryError naming what needed the memory
 */
export function initialState(trainable: Trainable, seed: number, parameters: Tensors = {}): State {
  const known = new Set(trainable.network.parameters.map(({ name }) => name));
  const odd = Object.keys(parameters).find((name) => !known.has(name));
  if (odd !== undefined)
    throw new ShapeError(`'${odd}' must be a parameter of the network, one of ${[...known].join(', ')}`);
  const fresh = { ...initialParameters(trainable.network, seed), ...parameters };
  const first = (slot: string, name: string, shape: readonly number[]) =>
    slot === AVERAGE
      ? fresh[name]!
      : withinMemoryNow(
          () => `making '${slotKey(slot, name)}', float32${formatShape(shape)}`,
          () => filled('float32', shape, 0),
        );
  const entries = trainable.network.parameters.flatMap(({ name, shape, trainable: trains = true }) => [
    [parameterKey(name), fresh[name]!] as const,
    ...(trains ? slotsOf(trainable) : []).map((slot) => [slotKey(slot, name), first(slot, name, shape)] as const),
  ]);
  return { ...Object.fromEntries(entries), step: scalar('int64', 0), ...initialScaling(trainable) };
}

/** Only the parameters, by their own names, including those that are not trained. */
export function parametersOf(state: State): Tensors {
  return withPrefix(state, PARAMETER);
}

/** Like `parametersOf`, with moving averages in place of the weights that have one. */
export function averagedParametersOf(state: State): Tensors {
  return { ...parametersOf(state), ...withPrefix(state, slotKey(AVERAGE, '')) };
}

function withPrefix(state: State, prefix: string): Tensors {
  const entries = Object.entries(state).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), value]));
}
