import type { Optimizer } from '../optim/optimizer.ts';
import { withinMemoryNow } from '../out-of-memory.ts';
import { initialScaling, type Scaled, scalingTypes } from '../precision/loss-scaling.ts';
import { filled, scalar, type Tensors } from '../tensor.ts';
import { formatShape, ShapeError, type Type, type } from '../type.ts';
import { initialParameters, type Network } from './network.ts';

/**
 * All that training changes, by name: parameters `parameter/<name>`, the optimizer's slots `<slot>/<name>`, moving
 * averages of weights `average/<name>` if they are kept, float32 each, and `step`, an int64 scalar that counts the
 * steps taken; where losses are scaled, `loss_scale` and `good_steps` too (`LossScaling`). A parameter that does not
 * train has neither slots nor an average.
 */
export type State = Tensors;

/** What has a state. */
export interface Trainable extends Scaled {
  readonly network: Network;
  readonly optimizer: Optimizer;
  /** How much of a moving average of the weights stays from step to step, in [0, 1); none is kept if absent. */
  readonly averaging?: number;
}

/** The slot of the moving average of a weight. */
export const AVERAGE = 'average';

const PARAMETER = 'parameter/';

export function parameterKey(name: string): string {
  return PARAMETER + name;
}

export function slotKey(slot: string, name: string): string {
  return `${slot}/${name}`;
}

/** What the train graph calls the state that it returns: inputs and outputs may not share a name. */
export function afterKey(key: string): string {
  return `after/${key}`;
}

/** What is kept for each parameter that trains besides itself. */
function slotsOf({ optimizer, averaging }: Trainable): readonly string[] {
  return averaging === undefined ? optimizer.slots : [...optimizer.slots, AVERAGE];
}

/** The types of the state, in the order in which the train graph carries it. */
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
 * The state before the first step: slots of zeros, averages that are the parameters themselves, step 0.
 * @param parameters by name; drawn from the seed where absent
 * @throws ShapeError if one of them is none of the network's, OutOfMemoryError naming what it was wanted for
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

/** The parameters alone, by their own names; those that do not train too. */
export function parametersOf(state: State): Tensors {
  return withPrefix(state, PARAMETER);
}

/** As `parametersOf`, with the moving average of each weight that has one in its place. */
export function averagedParametersOf(state: State): Tensors {
  return { ...parametersOf(state), ...withPrefix(state, slotKey(AVERAGE, '')) };
}

function withPrefix(state: State, prefix: string): Tensors {
  const entries = Object.entries(state).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), value]));
}
