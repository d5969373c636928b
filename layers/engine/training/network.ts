import type { Builder, Value } from '../graph.ts';
import { withinMemoryNow } from '../out-of-memory.ts';
import { type Initializer, uniformStream } from '../random.ts';
import { type Tensors, tensor } from '../tensor.ts';
import { formatShape, sizeOf } from '../type.ts';

/** A tensor that training changes, or that the forward pass reads and carries to the next step. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** Whether weight decay applies: to weights, not to biases and gains. */
  readonly decay: boolean;
  /**
   * Whether the optimizer changes it. Default: true. Otherwise it is frozen, or the forward pass itself carries it from
   * step to step (`Mode.carry`), as with running statistics.
   */
  readonly trainable?: boolean;
  /** The factor of its learning rate. Default: 1. */
  readonly learningRateFactor?: number;
  /**
   * Whether a step leaves rows as they are, with their moments and their weight decay, for which its gradient is zero: those
   * of a vocabulary's tokens that the batch does not have. Default: false.
   */
  readonly sparse?: boolean;
}

/** The purpose of a forward pass. */
export type Mode =
  | { readonly training: false }
  /**
   * `seed` and `step` (an int64 scalar) determine the dropout masks. `carry` sets the value that a parameter without
   * training has after this step.
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
 * Initial parameters, float32, by name. Each is drawn from its own stream, given by seed and parameter name, so that
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

/** The parameters that the optimizer changes. */
export function trainedParameters(network: Network): ParameterSpec[] {
  return network.parameters.filter(({ trainable = true }) => trainable);
}

/** The number of trainable values. */
export function countParameters(network: Network): number {
  return trainedParameters(network).reduce((total, { shape }) => total + sizeOf(shape), 0);
}

/** Parameters as constants, for an inference graph. */
export function constantParameters(b: Builder, parameters: Tensors): Values {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, b.constant(value)]));
}
