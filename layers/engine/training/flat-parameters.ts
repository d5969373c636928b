/**
 * Small parameters that are updated alike lie one after another in one vector, and so do their slots: an optimizer has a dozen
 * operations for each parameter, and for a few thousand numbers an operation costs more than its numbers do. Every number is
 * computed as it would be by itself. The state outside of the loop of steps has each parameter by its name.
 *
 *     state ── flattened ─▶ vectors ─┬─▶ parameters ─▶ gradients ─▶ flattened ─▶ update ─▶ vectors ── unflattened ─▶ state
 *                                    └── slots ───────────────────────────────────┘
 */
import type { Builder, Value } from '../graph.ts';
import { concat, split } from '../ops/join.ts';
import { reshape } from '../ops/movement.ts';
import { tensorFrom } from '../tensor.ts';
import { sizeOf } from '../type.ts';
import { type Network, type ParameterSpec, trainedParameters, type Values } from './network.ts';
import { parameterKey, slotKey, slotsOf, type Trainable } from './state.ts';

/** Parameters whose updates have the same learning rate. */
export interface FlatParameters extends Pick<ParameterSpec, 'learningRateFactor'> {
  /** By which its vectors are known, as those of a parameter are by its name. */
  readonly name: string;
  readonly members: readonly ParameterSpec[];
}

/** Of larger ones, an operation costs little beside its numbers, which would be copied. */
const MOST_NUMBERS = 65_536;

export function flatParameters(network: Network): FlatParameters[] {
  const small = trainedParameters(network).filter(
    ({ shape, sparse = false }) => !sparse && sizeOf(shape) <= MOST_NUMBERS,
  );
  const alike = Map.groupBy(small, ({ learningRateFactor = 1 }) => learningRateFactor);
  return [...alike.values()]
    .filter(({ length }) => length > 1)
    .map((members, i) => {
      const { learningRateFactor = 1 } = members[0]!;
      return { name: `flat ${i}`, members, learningRateFactor };
    });
}

/** Whether weight decay applies to the members, or for each number whether it does. */
export function decayOf(b: Builder, { members }: FlatParameters): boolean | Value {
  const [first, ...others] = members.map(({ decay }) => decay);
  if (others.every((decay) => decay === first)) return first!;
  const each = members.flatMap(({ shape, decay }) => new Array<number>(sizeOf(shape)).fill(Number(decay)));
  return b.constant(tensorFrom('float32', [each.length], each));
}

/** The values of the members, by name, as one vector. */
export function flattened(b: Builder, { members }: FlatParameters, values: Values): Value {
  const flat = members.map(({ name, shape }) => reshape(b, values[name]!, [sizeOf(shape)]));
  return concat(b, flat, 0);
}

/** The values of the members, by name, out of one vector. */
export function unflattened(b: Builder, { members }: FlatParameters, vector: Value): Values {
  const sizes = members.map(({ shape }) => sizeOf(shape));
  const parts = split(b, vector, 0, sizes);
  return Object.fromEntries(members.map(({ name, shape }, i) => [name, reshape(b, parts[i]!, shape)]));
}

/** How the state names what it holds of a parameter, by the parameter's name. */
const keysOf = (trainable: Trainable): ((name: string) => string)[] => [
  parameterKey,
  ...slotsOf(trainable).map((slot) => (name: string) => slotKey(slot, name)),
];

/** A state with vectors in place of their members. */
export function flattenedState(b: Builder, of: Trainable, flat: readonly FlatParameters[], state: Values): Values {
  const after = { ...state };
  for (const one of flat) {
    for (const key of keysOf(of)) {
      const values = Object.fromEntries(one.members.map(({ name }) => [name, state[key(name)]!]));
      for (const { name } of one.members) delete after[key(name)];
      after[key(one.name)] = flattened(b, one, values);
    }
  }
  return after;
}

/** The state again that `flattenedState` took. */
export function unflattenedState(b: Builder, of: Trainable, flat: readonly FlatParameters[], state: Values): Values {
  const after = { ...state };
  for (const one of flat) {
    for (const key of keysOf(of)) {
      for (const [name, value] of Object.entries(unflattened(b, one, state[key(one.name)]!))) after[key(name)] = value;
      delete after[key(one.name)];
    }
  }
  return after;
}
