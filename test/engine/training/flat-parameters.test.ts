import { describe, expect, test } from '@jest/globals';
import { linear } from '#engine/ops/linalg.ts';
import { batchNormInference, batchNormTraining } from '#engine/ops/normalize.ts';
import { adam, adamw } from '#engine/optim/adam.ts';
import { lion } from '#engine/optim/lion.ts';
import type { Optimizer } from '#engine/optim/optimizer.ts';
import { rmsprop } from '#engine/optim/rmsprop.ts';
import { sgd } from '#engine/optim/sgd.ts';
import { heUniform, ones, zeros } from '#engine/random.ts';
import { tensorFrom } from '#engine/tensor.ts';
import { flatParameters } from '#engine/training/flat-parameters.ts';
import { softmaxCrossEntropy } from '#engine/training/loss.ts';
import type { Network } from '#engine/training/network.ts';
import { initialState } from '#engine/training/state.ts';
import { compileTrain } from '#engine/training/step.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import { Training } from '#engine/training/training.ts';
import { random } from '../harness.ts';

const [ROWS, FEATURES, HIDDEN, CLASSES] = [12, 3, 5, 3];

/** A layer, batch normalisation, a layer; the first weights learn more slowly than the others. */
const network: Network = {
  parameters: [
    { name: 'w1', shape: [FEATURES, HIDDEN], initializer: heUniform, decay: true, learningRateFactor: 0.5 },
    { name: 'b1', shape: [HIDDEN], initializer: zeros, decay: false },
    { name: 'gain', shape: [HIDDEN], initializer: ones, decay: false },
    { name: 'shift', shape: [HIDDEN], initializer: zeros, decay: false },
    { name: 'mean', shape: [HIDDEN], initializer: zeros, decay: false, trainable: false },
    { name: 'variance', shape: [HIDDEN], initializer: ones, decay: false, trainable: false },
    { name: 'w2', shape: [HIDDEN, HIDDEN], initializer: heUniform, decay: true },
    { name: 'w3', shape: [HIDDEN, CLASSES], initializer: heUniform, decay: true },
    { name: 'b3', shape: [CLASSES], initializer: zeros, decay: false },
  ],
  forward: (b, v, x, mode) => {
    const values = { gain: v.gain!, bias: v.shift!, mean: v.mean!, variance: v.variance! };
    const first = linear(b, x, v.w1!, v.b1);
    const rest = (y: typeof x) => linear(b, linear(b, y, v.w2!), v.w3!, v.b3);
    if (!mode.training) return rest(batchNormInference(b, first, values));
    const { y, mean, variance } = batchNormTraining(b, first, values);
    mode.carry('mean', mean);
    mode.carry('variance', variance);
    return rest(y);
  },
};

const data = {
  x: random(1, [ROWS, FEATURES], 1, 4, 'float32'),
  y: tensorFrom(
    'int64',
    [ROWS],
    Array.from({ length: ROWS }, (_, i) => (i * 7) % CLASSES),
  ),
};

const specOf = (optimizer: Optimizer, more: Partial<TrainSpec> = {}): TrainSpec => ({
  data: { x: { dtype: 'float32', shape: ['rows', FEATURES] }, y: { dtype: 'int64', shape: ['rows'] } },
  target: 'y',
  network,
  loss: softmaxCrossEntropy,
  optimizer,
  batchSize: 6,
  seed: 3,
  ...more,
});

async function trained(spec: TrainSpec, program: ReturnType<typeof compileTrain>) {
  await using training = await Training.open(program, data, initialState(spec, spec.seed), { threads: 1 });
  const scores = await training.run([
    [0, 1, 2, 3, 4, 5],
    [6, 7, 8, 9, 10, 11],
    [5, 3, 1, 7, 9],
  ]);
  return { state: training.state, scores };
}

describe('small parameters as one vector', () => {
  test('are those with the same learning rate, whether or not they decay, and that are trained', () => {
    const groups = flatParameters(network).map(({ members }) => members.map(({ name }) => name));
    expect(groups).toEqual([['b1', 'gain', 'shift', 'w2', 'w3', 'b3']]);
  });

  test('are not sparse or large', () => {
    const [small, other] = [network.parameters[1]!, network.parameters[8]!];
    const of = (more: object) => flatParameters({ ...network, parameters: [small, { ...other, ...more }] });
    expect(of({})).toHaveLength(1);
    expect(of({ sparse: true })).toEqual([]);
    expect(of({ shape: [257, 256] })).toEqual([]);
  });

  test.each<[string, TrainSpec]>([
    ['adam', specOf(adam({ learningRate: 0.05, weightDecay: 0.1 }))],
    ['adamw', specOf(adamw({ learningRate: 0.05, weightDecay: 0.1 }), { averaging: 0.75 })],
    ['sgd', specOf(sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.1 }), { clipNorm: 0.1 })],
    ['rmsprop', specOf(rmsprop({ learningRate: 0.05 }), { accumulation: 2 })],
    ['lion', specOf(lion({ learningRate: 0.01, weightDecay: 0.1 }))],
  ])('are updated as they are one by one, bit for bit: %s', async (_, spec) => {
    const together = await trained(spec, compileTrain(spec));
    const single = await trained(spec, compileTrain(spec, []));
    expect(together).toEqual(single);
    expect(Object.keys(together.state)).toEqual(Object.keys(initialState(spec, spec.seed)));
  });

  test('have one update for all of them', () => {
    const spec = specOf(adam({ learningRate: 0.05 }));
    const roots = (program: Uint8Array) => Buffer.from(program).toString('latin1').split('Sqrt').length - 1;
    const single = roots(compileTrain(spec, []).bytes);
    expect(roots(compileTrain(spec).bytes)).toBeLessThan(0.7 * single);
  });
});
