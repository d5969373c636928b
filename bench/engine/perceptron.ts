import { softmaxCrossEntropy } from '#engine/loss.ts';
import { uniformStream } from '#engine/random.ts';
import { initialState } from '#engine/state.ts';
import { compileTrain, type TrainSpec } from '#engine/step.ts';
import { tensor } from '#engine/tensor.ts';
import { Training } from '#engine/training.ts';
import { optimizerOf } from '#zoo/hyperparameters.ts';
import { mlp } from '#zoo/mlp.ts';
import { alternate, type Bench } from '../bench.ts';
import { plainPerceptron } from './peers/plain-perceptron.ts';

const SIZES = { features: 784, hidden: 256, classes: 10, batch: 64 } as const;
const ROWS = 4096;
const THREADS = 2;

/** Steps a second of a 784-256-10 perceptron with Adam, batch 64; the peer is the same as plain TypeScript loops. */
export const benches: readonly Bench[] = [
  {
    name: 'engine/perceptron',
    unit: 'steps/s',
    run: async () => {
      const uniform = uniformStream(1, 'bench');
      const x = Float32Array.from({ length: ROWS * SIZES.features }, uniform);
      const y = Int32Array.from({ length: ROWS }, () => Math.floor(uniform() * SIZES.classes));
      const h = mlp.hyperparameters.parse({ hidden_layers: [SIZES.hidden], batch_size: SIZES.batch });
      const spec: TrainSpec = {
        data: { x: { dtype: 'float32', shape: ['rows', SIZES.features] }, y: { dtype: 'int64', shape: ['rows'] } },
        target: 'y',
        network: mlp.network({ features: SIZES.features, outputs: SIZES.classes }, h),
        loss: softmaxCrossEntropy,
        optimizer: optimizerOf(h),
        batchSize: SIZES.batch,
        seed: 1,
      };
      const data = {
        x: tensor('float32', [ROWS, SIZES.features], x),
        y: tensor('int64', [ROWS], BigInt64Array.from(y, BigInt)),
      };
      await using training = await Training.open(compileTrain(spec), data, initialState(spec, 1), { threads: THREADS });
      const batches = Array.from({ length: 400 }, () =>
        Array.from({ length: SIZES.batch }, () => Math.floor(uniform() * ROWS)),
      );
      const plain = plainPerceptron(SIZES);
      const gather = (batch: readonly number[]) => {
        const rows = new Float32Array(SIZES.batch * SIZES.features);
        for (const [i, row] of batch.entries())
          rows.set(x.subarray(row * SIZES.features, (row + 1) * SIZES.features), i * SIZES.features);
        plain(
          rows,
          Int32Array.from(batch, (row) => y[row]!),
        );
      };
      return await alternate(
        5,
        () => stepsPerSecond(batches.length, () => training.run(batches)),
        () => stepsPerSecond(10, async () => batches.slice(0, 10).forEach(gather)),
      );
    },
  },
];

async function stepsPerSecond(steps: number, run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return (1000 * steps) / (performance.now() - start);
}
