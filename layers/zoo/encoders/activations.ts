import type { Builder, Value } from '#engine/graph.ts';
import { gelu, geluTanh, relu, silu, tanh } from '#engine/ops/activation.ts';

type Activation = (b: Builder, x: Value) => Value;

/** By their names in a `config.json`. */
export const activations = {
  gelu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  relu,
  silu,
  swish: silu,
  tanh,
} as const satisfies Readonly<Record<string, Activation>>;

export type ActivationName = keyof typeof activations;

export const activationNames = Object.keys(activations) as [ActivationName, ...ActivationName[]];
