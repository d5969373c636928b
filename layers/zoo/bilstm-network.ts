/**
 * A two-layer bidirectional LSTM, whose output at the last step goes through a linear layer. The parameters of the LSTM
 * have the names, shapes and order of gates of PyTorch's `nn.LSTM`.
 */
import type { Builder, Value } from '#engine/graph.ts';
import { concat, slice, split } from '#engine/ops/join.ts';
import { linear } from '#engine/ops/linalg.ts';
import { squeeze, transpose } from '#engine/ops/movement.ts';
import { dropout } from '#engine/ops/random.ts';
import { lstm } from '#engine/ops/recurrent.ts';
import { type Initializer, xavierUniform, zeros } from '#engine/random.ts';
import type { Network, ParameterSpec, Values } from '#engine/training/network.ts';
import { sizeOf } from '#engine/type.ts';

export interface BiLstm {
  /** The width of a step. */
  readonly features: number;
  readonly outputs: number;
  /** Of each direction. */
  readonly units: number;
  /** Between the layers. */
  readonly dropout: number;
}

const LAYERS = 2;
const GATES = 4;
/** By the suffix of their parameters. */
const DIRECTIONS = { '': false, _reverse: true } as const;

/** Uniform over ±1/√units, as PyTorch draws them. */
const recurrentUniform =
  (units: number): Initializer =>
  (shape, uniform) =>
    Float32Array.from({ length: sizeOf(shape) }, () => (2 * uniform() - 1) / Math.sqrt(units));

function parametersOf({ features, outputs, units }: BiLstm): ParameterSpec[] {
  const initializer = recurrentUniform(units);
  const recurrent = Array.from({ length: LAYERS }, (_, layer) => {
    const inputs = layer === 0 ? features : 2 * units;
    return Object.keys(DIRECTIONS).flatMap((suffix): ParameterSpec[] => [
      { name: `lstm.weight_ih_l${layer}${suffix}`, shape: [GATES * units, inputs], initializer, decay: true },
      { name: `lstm.weight_hh_l${layer}${suffix}`, shape: [GATES * units, units], initializer, decay: true },
      { name: `lstm.bias_ih_l${layer}${suffix}`, shape: [GATES * units], initializer, decay: false },
      { name: `lstm.bias_hh_l${layer}${suffix}`, shape: [GATES * units], initializer, decay: false },
    ]);
  });
  return [
    ...recurrent.flat(),
    { name: 'head.weight', shape: [2 * units, outputs], initializer: xavierUniform, decay: true },
    { name: 'head.bias', shape: [outputs], initializer: zeros, decay: false },
  ];
}

/** From PyTorch's order of gates (input, forget, cell, output) to the engine's (input, output, forget, cell). */
function reordered(b: Builder, gates: Value): Value {
  const units = Number(gates.type.shape[0]) / GATES;
  const [input, forget, cell, output] = split(b, gates, 0, new Array<number>(GATES).fill(units));
  return concat(b, [input!, output!, forget!, cell!], 0);
}

/** One layer over x [steps, rows, features] to [steps, rows, 2 · units]. */
function layerOf(b: Builder, parameters: Values, x: Value, layer: number): Value {
  const directions = Object.entries(DIRECTIONS).map(([suffix, reverse]) => {
    const gates = (kind: string) => reordered(b, parameters[`lstm.${kind}_l${layer}${suffix}`]!);
    const weights = {
      input: transpose(b, gates('weight_ih')),
      hidden: transpose(b, gates('weight_hh')),
      inputBias: gates('bias_ih'),
      hiddenBias: gates('bias_hh'),
    };
    return { weights, reverse };
  });
  return lstm(b, x, directions).sequence;
}

/** From x [rows, steps, features] to [rows, outputs]. */
export function biLstmNetwork(of: BiLstm): Network {
  return {
    parameters: parametersOf(of),
    forward: (b, parameters, x, mode) => {
      const first = b.at('lstm/0', () => layerOf(b, parameters, transpose(b, x, [1, 0, 2]), 0));
      const kept = mode.training
        ? dropout(b, first, of.dropout, { seed: mode.seed, step: mode.step, stream: 'lstm/0' })
        : first;
      const second = b.at('lstm/1', () => layerOf(b, parameters, kept, 1));
      const last = squeeze(b, slice(b, second, 0, -1), [0]);
      return b.at('head', () => linear(b, last, parameters['head.weight']!, parameters['head.bias']!));
    },
  };
}

/** Floating-point operations of the forward pass of a window of so many steps. */
export function biLstmFlops({ features, outputs, units }: BiLstm, steps: number): number {
  const layer = (inputs: number) => 2 * 2 * GATES * units * (inputs + units);
  return steps * (layer(features) + layer(2 * units)) + 2 * 2 * units * outputs;
}
