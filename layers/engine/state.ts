import { initialParameters, type Network } from './network.ts';
import type { Optimizer } from './optim/optimizer.ts';
import { filled, scalar, type Tensors } from './tensor.ts';
import { type Type, type } from './type.ts';

/**
 * All that training changes, by name: parameters `parameter/<name>`, the optimizer's slots `<slot>/<name>`, float32
 * each, and `step`, an int64 scalar that counts the steps taken.
 */
export type State = Tensors;

/** What has a state. */
export interface Trainable {
  readonly network: Network;
  readonly optimizer: Optimizer;
}

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

/** The types of the state, in the order in which the train graph carries it. */
export function stateTypes({ network, optimizer }: Trainable): Readonly<Record<string, Type>> {
  const keys = network.parameters.flatMap(({ name, shape }) =>
    [parameterKey(name), ...optimizer.slots.map((slot) => slotKey(slot, name))].map((key) => [
      key,
      type('float32', shape),
    ]),
  );
  return { ...Object.fromEntries(keys), step: type('int64', []) };
}

/** Fresh parameters, drawn from the seed; slots of zeros; step 0. */
export function initialState({ network, optimizer }: Trainable, seed: number): State {
  const parameters = initialParameters(network, seed);
  const entries = network.parameters.flatMap(({ name, shape }) => [
    [parameterKey(name), parameters[name]!] as const,
    ...optimizer.slots.map((slot) => [slotKey(slot, name), filled('float32', shape, 0)] as const),
  ]);
  return { ...Object.fromEntries(entries), step: scalar('int64', 0) };
}

/** The parameters alone, by their own names. */
export function parametersOf(state: State): Tensors {
  const entries = Object.entries(state).filter(([key]) => key.startsWith(PARAMETER));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(PARAMETER.length), value]));
}
