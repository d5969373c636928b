import { adam } from '#engine/optim/adam.ts';
import { uniformStream } from '#engine/random.ts';
import { initialState } from '#engine/state.ts';
import { compileTrain, type TrainSpec } from '#engine/step.ts';
import { type Tensors, tensor } from '#engine/tensor.ts';
import { Training } from '#engine/training.ts';
import { sizeOf } from '#engine/type.ts';
import { alternate, type Bench } from '../bench.ts';
import { startTorch } from '../peers/torch.ts';
import { encoder, resnet50 } from './models/large.ts';
import type { BenchModel } from './models/model.ts';
import { convolutional, deepHpm, lstm, perceptron } from './models/small.ts';

export const THREADS = 2;
const TIMES = 5;
const SEED = 1;

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

/** Steps a second with Adam, beside PyTorch with as many threads: eager, and compiled where `compiled` says so. */
function trainingBench(model: BenchModel, compiled: boolean): Bench {
  return {
    name: `engine/${model.name}${compiled ? '-compiled' : ''}`,
    unit: 'steps/s',
    run: async () => {
      const spec = specOf(model);
      const options = { threads: THREADS };
      await using training = await Training.open(compileTrain(spec), dataOf(model), initialState(spec, SEED), options);
      await using torch = startTorch(THREADS, compiled);
      const batch = Array.from({ length: model.batch }, (_, i) => i);
      const batches = Array.from({ length: model.steps }, () => batch);
      const ours = async () => {
        const start = performance.now();
        await training.run(batches);
        return (1000 * model.steps) / (performance.now() - start);
      };
      const peer = torch && (async () => model.steps / (await torch.seconds(`${model.name} ${model.steps}`)));
      return await alternate(TIMES, ours, peer ?? null);
    },
  };
}

export const benches: readonly Bench[] = [
  ...models.map((model) => trainingBench(model, false)),
  ...models.map((model) => trainingBench(model, true)),
];
