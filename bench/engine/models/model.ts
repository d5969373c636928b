import { heUniform, ones, zeros } from '#engine/random.ts';
import type { Loss } from '#engine/training/loss.ts';
import type { Network, ParameterSpec } from '#engine/training/network.ts';

/** A training that is measured; `torch.py` has the same under the same name. */
export interface BenchModel {
  readonly name: string;
  readonly network: Network;
  readonly loss: Loss;
  readonly batch: number;
  /** Of one row of the input. */
  readonly input: readonly number[];
  /** Of one row of the target, float32; absent for a class of `classes`. */
  readonly target?: readonly number[];
  readonly classes?: number;
}

export function weight(name: string, shape: readonly number[]): ParameterSpec {
  return { name, shape, initializer: heUniform, decay: true };
}

export function bias(name: string, size: number): ParameterSpec {
  return { name, shape: [size], initializer: zeros, decay: false };
}

export function gain(name: string, size: number): ParameterSpec {
  return { name, shape: [size], initializer: ones, decay: false };
}

/** A kernel [out, in, size, size] scaled by its fan in: He et al. 2015. */
export function kernel(name: string, shape: readonly [number, number, number, number]): ParameterSpec {
  const fanIn = shape[1] * shape[2] * shape[3];
  const limit = Math.sqrt(6 / fanIn);
  const initializer: ParameterSpec['initializer'] = ([...dims], uniform) =>
    Float32Array.from({ length: dims.reduce((n, d) => n * d, 1) }, () => (2 * uniform() - 1) * limit);
  return { name, shape, initializer, decay: true };
}

/** Weight and bias of a linear layer. */
export function dense(name: string, inputs: number, outputs: number): ParameterSpec[] {
  return [weight(`${name}.w`, [inputs, outputs]), bias(`${name}.b`, outputs)];
}
