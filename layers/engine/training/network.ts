import type { Builder, Value } from '../graph.ts';
import { withinMemoryNow } from '../out-of-memory.ts';
import { type Initializer, uniformStream } from '../random.ts';
import { type Tensors, tensor } from '../tensor.ts';
import { formatShape, sizeOf } from '../type.ts';

/** A tensor that training changes, or that the forward pass reads and carries on. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** Whether weight decay applies: to weights, not to biases and gains. */
  readonly decay: boolean;
  /**
   * Whether the optimizer moves it; it does if absent. What does not train is frozen, or carried from step to step by
   * the forward pass itself (`Mode.carry`), as running statistics are.
   */
  readonly trainable?: boolean;
}

/** What a forward pass is for. */
export type Mode =
  | { readonly training: false }
  /**
   * `seed` and `step` (an int64 scalar) are what dropout masks are drawn from. `carry` says what a parameter that does
   * not train is after this step.
   */
  | {
      readonly training: true;
      readonly seed: number;
      readonly step: Value;
      readonly carry: (name: string, value: Value) => void;
    };

export type Values = Readonly<Record<string, Value>>;

/** A function with parameters. */
export interface Network {
  readonly parameters: readonly ParameterSpec[];
  /** From features [rows, features] and parameters by name to outputs (logits, or regression values) [rows, outputs]. */
  forward(b: Builder, parameters: Values, x: Value, mode: Mode): Value;
}

/**
 * Fresh parameters, float32, by name. Each is drawn from a stream of its own, named by seed and parameter, so that
 * adding a layer does not change the others.
 * @throws OutOfMemoryError naming the parameter
 */
export function initialParameters(network: Network, seed: number): Tensors {
  return Object.fromEntries(
    network.parameters.map(({ name, shape, initializer }) => [
      name,
      withinMemoryNow(
        () => `drawing parameter '${name}', float32${formatShape(shape)}`,
        () => tensor('float32', shape, initializer(shape, uniformStream(seed, name))),
      ),
    ]),
  );
}

/** The parameters that the optimizer moves. */
export function trainedParameters(network: Network): ParameterSpec[] {
  return network.parameters.filter(({ trainable = true }) => trainable);
}

/** The number of trainable numbers. */
export function countParameters(network: Network): number {
  return trainedParameters(network).reduce((total, { shape }) => total + sizeOf(shape), 0);
}

/** Parameters as constants of a graph that only infers. */
export function constantParameters(b: Builder, parameters: Tensors): Values {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, b.constant(value)]));
}
