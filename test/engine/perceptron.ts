/** A small perceptron, its data and its training, as the tests of training take them. */
import { relu } from '#engine/ops/activation.ts';
import { linear } from '#engine/ops/linalg.ts';
import { dropout } from '#engine/ops/random.ts';
import { adam } from '#engine/optim/adam.ts';
import { heUniform, zeros } from '#engine/random.ts';
import { type Tensors, tensorFrom } from '#engine/tensor.ts';
import { softmaxCrossEntropy } from '#engine/training/loss.ts';
import type { Network } from '#engine/training/network.ts';
import { initialState, type State } from '#engine/training/state.ts';
import { compileTrain } from '#engine/training/step.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import { Training } from '#engine/training/training.ts';
import { random } from './harness.ts';

export const [FEATURES, HIDDEN, CLASSES, ROWS] = [4, 5, 3, 11];

export function perceptron(rate = 0): Network {
  const weight = (name: string, shape: number[]) => ({ name, shape, initializer: heUniform, decay: true });
  const bias = (name: string, size: number) => ({ name, shape: [size], initializer: zeros, decay: false });
  return {
    parameters: [
      weight('w1', [FEATURES, HIDDEN]),
      bias('b1', HIDDEN),
      weight('w2', [HIDDEN, CLASSES]),
      bias('b2', CLASSES),
    ],
    forward: (b, { w1, b1, w2, b2 }, x, mode) => {
      const h = relu(b, linear(b, x, w1!, b1));
      const kept = mode.training ? dropout(b, h, rate, { ...mode, stream: 'h' }) : h;
      return linear(b, kept, w2!, b2);
    },
  };
}

export const data: Tensors = {
  x: random(1, [ROWS, FEATURES], -1, 1, 'float32'),
  y: tensorFrom(
    'int64',
    [ROWS],
    Array.from({ length: ROWS }, (_, i) => (i * 7) % CLASSES),
  ),
};

export function spec(overrides: Partial<TrainSpec> = {}): TrainSpec {
  return {
    data: { x: { dtype: 'float32', shape: ['rows', FEATURES] }, y: { dtype: 'int64', shape: ['rows'] } },
    target: 'y',
    network: perceptron(),
    loss: softmaxCrossEntropy,
    optimizer: adam({ learningRate: 0.01 }),
    batchSize: 4,
    seed: 3,
    ...overrides,
  };
}

export const options = { threads: 1 } as const;
export const open = (s: TrainSpec, d: Tensors = data, state: State = initialState(s, s.seed)) =>
  Training.open(compileTrain(s), d, state, options);
