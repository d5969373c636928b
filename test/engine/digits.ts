import { readFileSync } from 'node:fs';
import type { Builder, Value } from '#engine/graph.ts';
import * as ops from '#engine/ops/index.ts';
import { adam } from '#engine/optim/adam.ts';
import { linearWithWarmup } from '#engine/optim/schedule.ts';
import { heUniform, type Initializer, ones, uniformStream, zeros } from '#engine/random.ts';
import { type Tensors, tensor } from '#engine/tensor.ts';
import { softmaxCrossEntropy } from '#engine/training/loss.ts';
import type { Network, Values } from '#engine/training/network.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';

const [TRAINING, BATCH, CHANNELS] = [1438, 32, 16];

/** Two convolutions with batch normalisation, a pool after each, and a linear layer. */
function network(): Network {
  const p = (name: string, shape: number[], initializer: Initializer, trainable = true) => ({
    name,
    shape,
    initializer,
    decay: false,
    trainable,
  });
  const layer = (name: string, inputs: number) => [
    p(`${name}.w`, [CHANNELS, inputs, 3, 3], ([out, ...rest], uniform) =>
      // Uniform by the fan in, which is the last three axes of a kernel.
      heUniform([rest.reduce((n, d) => n * d, 1), out!], uniform),
    ),
    p(`${name}.gain`, [CHANNELS], ones),
    p(`${name}.bias`, [CHANNELS], zeros),
    p(`${name}.mean`, [CHANNELS], zeros, false),
    p(`${name}.variance`, [CHANNELS], ones, false),
  ];
  return {
    parameters: [...layer('a', 1), ...layer('b', CHANNELS), p('w', [4 * CHANNELS, 10], heUniform), p('c', [10], zeros)],
    forward: (b, v, x, mode) => {
      const block = (x: Value, name: string) => {
        const y = ops.conv(b, x, v[`${name}.w`]!, undefined, { pads: 1 });
        const values = {
          gain: v[`${name}.gain`]!,
          bias: v[`${name}.bias`]!,
          mean: v[`${name}.mean`]!,
          variance: v[`${name}.variance`]!,
        };
        return ops.maxPool(b, ops.relu(b, normalise(y, name, values)), [2, 2], { strides: 2 });
      };
      const normalise = (y: Value, name: string, values: ops.BatchNormValues) => {
        if (!mode.training) return ops.batchNormInference(b, y, values);
        const result = ops.batchNormTraining(b, y, values);
        mode.carry(`${name}.mean`, result.mean);
        mode.carry(`${name}.variance`, result.variance);
        return result.y;
      };
      const features = block(block(x, 'a'), 'b');
      return ops.linear(b, ops.reshape(b, features, [x.type.shape[0]!, 4 * CHANNELS]), v.w!, v.c);
    },
  };
}

/** Digits as images of 0 to 1: every fifth is for the test, the others are to learn from. */
export function digits(part: 'training' | 'test'): Tensors {
  const path = new URL('../fixtures/digits.json', import.meta.url);
  const text: { pixels: string; labels: string } = JSON.parse(readFileSync(path, 'utf8'));
  const [pixels, labels] = [text.pixels, text.labels].map((bytes) => Buffer.from(bytes, 'base64')) as [Buffer, Buffer];
  const rows = [...labels.keys()].filter((row) => (row % 5 === 4) === (part === 'test'));
  const images = rows.flatMap((row) => [...pixels.subarray(row * 64, row * 64 + 64)]);
  return {
    x: tensor(
      'float32',
      [rows.length, 64],
      Float32Array.from(images, (pixel) => pixel / 16),
    ),
    y: tensor(
      'int64',
      [rows.length],
      BigInt64Array.from(rows, (row) => BigInt(labels[row]!)),
    ),
  };
}

/** The rows of an epoch in another order, in batches. */
export function shuffled(epoch: number): number[][] {
  const uniform = uniformStream(5, `epoch ${epoch}`);
  const order = Array.from({ length: TRAINING }, (_, row) => ({ row, key: uniform() })).sort((p, q) => p.key - q.key);
  const rows = order.map(({ row }) => row);
  return Array.from({ length: Math.ceil(TRAINING / BATCH) }, (_, i) => rows.slice(i * BATCH, (i + 1) * BATCH));
}

/** To read handwritten digits, learned in so many epochs. */
export function digitsSpec(epochs: number): TrainSpec {
  return {
    data: { x: { dtype: 'float32', shape: ['rows', 64] }, y: { dtype: 'int64', shape: ['rows'] } },
    target: 'y',
    front: (b: Builder, rows: Values) => ops.reshape(b, rows.x!, [rows.x!.type.shape[0]!, 1, 8, 8]),
    network: network(),
    loss: softmaxCrossEntropy,
    optimizer: adam({ learningRate: 0.01 }),
    schedule: linearWithWarmup(10, epochs * Math.ceil(TRAINING / BATCH)),
    batchSize: BATCH,
    seed: 5,
  };
}
