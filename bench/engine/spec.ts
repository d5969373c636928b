import { adam } from '#engine/optim/adam.ts';
import { uniformStream } from '#engine/random.ts';
import { type Tensors, tensor } from '#engine/tensor.ts';
import type { TrainSpec } from '#engine/training/train-spec.ts';
import { sizeOf } from '#engine/type.ts';
import { encoder, resnet50 } from './models/large.ts';
import type { BenchModel } from './models/model.ts';
import { convolutional, deepHpm, lstm, perceptron } from './models/small.ts';

export const THREADS = 2;
export const SEED = 1;

export const models: readonly BenchModel[] = [perceptron, convolutional, lstm, deepHpm, encoder(6), resnet50];

export function specOf({ network, loss, batch, input, target, classes }: BenchModel): TrainSpec {
  const y =
    classes === undefined
      ? ({ dtype: 'float32', shape: [batch, ...target!] } as const)
      : ({ dtype: 'int64', shape: [batch] } as const);
  return {
    data: { x: { dtype: 'float32', shape: [batch, ...input] }, y },
    target: 'y',
    network,
    loss,
    optimizer: adam({ learningRate: 0.001 }),
    batchSize: batch,
    seed: SEED,
  };
}

export function dataOf({ batch, input, target, classes }: BenchModel): Tensors {
  const uniform = uniformStream(SEED, 'bench');
  const floats = (shape: readonly number[]) =>
    tensor(
      'float32',
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => 2 * uniform() - 1),
    );
  const labels = (count: number) => BigInt64Array.from({ length: batch }, () => BigInt(Math.floor(uniform() * count)));
  const y = classes === undefined ? floats([batch, ...target!]) : tensor('int64', [batch], labels(classes));
  return { x: floats([batch, ...input]), y };
}
