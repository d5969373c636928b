/**
 * A two-layer bidirectional LSTM, whose output at the last step goes through a linear layer. The parameters of the LSTM
 * have the names, shapes and order of gates of PyTorch's `nn.LSTM`.
 */
import type { Builder, Value } from '#engine/graph.ts';
import { concat, slice, split } from '#engine/ops/join.ts';
import { linear } from '#engine/ops/linalg.ts';
import { transpose } from '#engine/ops/movement.ts';
import { dropout } from '#engine/ops/random.ts';
import { type Direction, lstm } from '#engine/ops/recurrent.ts';
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

/** The directions of a layer: forward, and reverse. */
function directionsOf(b: Builder, parameters: Values, layer: number): Direction[] {
  return Object.entries(DIRECTIONS).map(([suffix, reverse]) => {
    const gates = (kind: string) => reordered(b, parameters[`lstm.${kind}_l${layer}${suffix}`]!);
    const weights = {
      input: transpose(b, gates('weight_ih')),
      hidden: transpose(b, gates('weight_hh')),
      inputBias: gates('bias_ih'),
      hiddenBias: gates('bias_hh'),
    };
    return { weights, reverse };
  });
}

/**
 * What the last layer gives at the last step, [rows, 2 · units]. The reverse direction begins there, so it takes one step;
 * of those that it would take to the beginning, nothing would be read.
 */
function atLastStep(b: Builder, x: Value, [forward, reverse]: readonly Direction[]): Value {
  const ends = [lstm(b, x, [forward!]), lstm(b, slice(b, x, 0, -1), [reverse!])];
  return concat(
    b,
    ends.map(({ hidden }) => hidden),
    1,
  );
}

/** From x [rows, steps, features] to [rows, outputs]. */
export function biLstmNetwork(of: BiLstm): Network {
  return {
    parameters: parametersOf(of),
    forward: (b, parameters, x, mode) => {
      const first = b.at('lstm/0', () => {
        const steps = transpose(b, x, [1, 0, 2]);
        return lstm(b, steps, directionsOf(b, parameters, 0)).sequence;
      });
      const kept = mode.training
        ? dropout(b, first, of.dropout, { seed: mode.seed, step: mode.step, stream: 'lstm/0' })
        : first;
      const last = b.at('lstm/1', () => atLastStep(b, kept, directionsOf(b, parameters, 1)));
      return b.at('head', () => linear(b, last, parameters['head.weight']!, parameters['head.bias']!));
    },
  };
}

/** Floating-point operations of the forward pass of a window of so many steps. */
export function biLstmFlops({ features, outputs, units }: BiLstm, steps: number): number {
  const direction = (inputs: number) => 2 * GATES * units * (inputs + units);
  return steps * 2 * direction(features) + (steps + 1) * direction(2 * units) + 2 * 2 * units * outputs;
}
