import { describe, expect, test } from '@jest/globals';
import * as ops from '#engine/ops/index.ts';
import { adam } from '#engine/optim/adam.ts';
import { type Initializer, ones, xavierUniform, zeros } from '#engine/random.ts';
import { type Tensors, tensorFrom } from '#engine/tensor.ts';
import { softmaxCrossEntropy } from '#engine/training/loss.ts';
import type { Network } from '#engine/training/network.ts';
import { initialState, type State } from '#engine/training/state.ts';
import { compileTrain } from '#engine/training/step.ts';
import { type StepScores, Training } from '#engine/training/training.ts';
import { random } from './harness.ts';

/** Large enough that the runtime divides the work among its threads. */
const [ROWS, BATCH, STEPS, WIDTH, CLASSES] = [96, 48, 4, 64, 5];

interface Case {
  readonly data: Tensors;
  readonly network: Network;
}

type Shapes = readonly (readonly [name: string, shape: number[], initializer?: Initializer, trainable?: boolean])[];
const parameters = (shapes: Shapes) =>
  shapes.map(([name, shape, initializer = xavierUniform, trainable = true]) => ({
    name,
    shape,
    initializer,
    decay: false,
    trainable,
  }));

const float = (seed: number, shape: readonly number[]) => random(seed, shape, -1, 1, 'float32');
const y = tensorFrom(
  'int64',
  [ROWS],
  Array.from({ length: ROWS }, (_, i) => (i * 7) % CLASSES),
);

const perceptron: Case = {
  data: { x: float(1, [ROWS, WIDTH]), y },
  network: {
    parameters: parameters([
      ['a', [WIDTH, 256]],
      ['b', [256], zeros],
      ['c', [256, CLASSES]],
    ]),
    forward: (b, p, x, mode) => {
      const h = ops.gelu(b, ops.linear(b, x, p.a!, p.b));
      const kept = mode.training ? ops.dropout(b, h, 0.3, { ...mode, stream: 'h' }) : h;
      return ops.linear(b, kept, p.c!);
    },
  },
};

const convolutional: Case = {
  data: { x: float(2, [ROWS, 8, 12, 12]), y },
  network: {
    parameters: parameters([
      ['k', [16, 8, 3, 3]],
      ['gain', [16], ones],
      ['bias', [16], zeros],
      ['mean', [16], zeros, false],
      ['variance', [16], ones, false],
      ['depthwise', [16, 1, 3, 3]],
      ['w', [16, CLASSES]],
    ]),
    forward: (b, p, x, mode) => {
      const values = { gain: p.gain!, bias: p.bias!, mean: p.mean!, variance: p.variance! };
      const normal = ops.batchNormTraining(b, ops.conv(b, x, p.k!, undefined, { pads: 1 }), values);
      if (mode.training) {
        mode.carry('mean', normal.mean);
        mode.carry('variance', normal.variance);
      }
      const pooled = ops.maxPool(b, ops.relu(b, normal.y), [3, 3], { strides: 2 });
      const apart = ops.averagePool(b, ops.conv(b, pooled, p.depthwise!, undefined, { groups: 16 }), [2, 2]);
      return ops.linear(b, ops.reduceMean(b, apart, { axes: [2, 3] }), p.w!);
    },
  },
};

/** Few words, so that many rows add to each row of the table's gradient. */
const [WORDS, LENGTH] = [6, 10];
const words = tensorFrom(
  'int64',
  [ROWS, LENGTH],
  Array.from({ length: ROWS * LENGTH }, (_, i) => (i * i + 3 * i) % WORDS),
);

const recurrent: Case = {
  data: { x: words, y },
  network: {
    parameters: parameters([
      ['table', [WORDS, WIDTH]],
      ...['forward', 'backward'].flatMap(
        (side): Shapes => [
          [`${side}.input`, [WIDTH, 128]],
          [`${side}.hidden`, [32, 128]],
          [`${side}.bias`, [128], zeros],
        ],
      ),
      ['w', [WIDTH, CLASSES]],
    ]),
    forward: (b, p, x) => {
      const steps = ops.transpose(b, ops.gather(b, p.table!, x), [1, 0, 2]);
      const { hidden } = ops.lstm(
        b,
        steps,
        ['forward', 'backward'].map((side) => ({
          weights: { input: p[`${side}.input`]!, hidden: p[`${side}.hidden`]!, inputBias: p[`${side}.bias`]! },
          reverse: side === 'backward',
        })),
      );
      return ops.linear(b, hidden, p.w!);
    },
  },
};

const attentive: Case = {
  data: { x: words, y },
  network: {
    parameters: parameters([
      ['table', [WORDS, WIDTH]],
      ['gain', [WIDTH], ones],
      ['q', [WIDTH, WIDTH]],
      ['k', [WIDTH, WIDTH]],
      ['v', [WIDTH, WIDTH]],
      ['w', [WIDTH, CLASSES]],
    ]),
    forward: (b, p, x, mode) => {
      const embedded = ops.gather(b, p.table!, x);
      const normal = ops.layerNorm(b, embedded, p.gain!);
      const [q, k, v] = ['q', 'k', 'v'].map((name) => ops.linear(b, normal, p[name]!));
      const seen = ops.attention(b, q!, k!, v!, { causal: true });
      const kept = mode.training ? ops.dropout(b, seen, 0.1, { ...mode, stream: 'seen' }) : seen;
      return ops.linear(b, ops.reduceMax(b, ops.add(b, embedded, kept), { axes: [1] }), p.w!);
    },
  },
};

/** A whole training from nothing: compiled, loaded and run anew. */
async function train({ data, network }: Case, threads: number, seed = 1): Promise<[State, StepScores]> {
  const spec = {
    data: Object.fromEntries(Object.entries(data).map(([name, { dtype, shape }]) => [name, { dtype, shape }])),
    target: 'y',
    network,
    loss: softmaxCrossEntropy,
    optimizer: adam({ learningRate: 0.01 }),
    clipNorm: 1,
    batchSize: BATCH,
    seed,
  };
  await using training = await Training.open(compileTrain(spec), data, initialState(spec, seed), { threads });
  const batches = Array.from({ length: STEPS }, (_, i) =>
    Array.from({ length: BATCH }, (_, k) => (i * 31 + k * 5) % ROWS),
  );
  const scores = await training.run(batches);
  return [training.state, scores];
}

describe.each(Object.entries({ perceptron, convolutional, recurrent, attentive }))('a %s network', (_, one) => {
  test.each([1, 2])('learns the same, bit for bit, from the same seed and data on %i threads', async (threads) => {
    const first = await train(one, threads);
    expect(first[1].loss.every(Number.isFinite)).toBe(true);
    for (let run = 0; run < 2; run++) expect(await train(one, threads)).toEqual(first);
  });

  test('learns something else from another seed', async () => {
    const [[state], [other]] = [await train(one, 1), await train(one, 1, 2)];
    expect(other).not.toEqual(state);
  });
});
