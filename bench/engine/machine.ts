import { Builder, Graph } from '#engine/graph.ts';
import { writeModel } from '#engine/onnx/write.ts';
import { matMul } from '#engine/ops/linalg.ts';
import { uniformStream } from '#engine/random.ts';
import { openSession } from '#engine/run.ts';
import { compileTrain } from '#engine/step.ts';
import { tensor } from '#engine/tensor.ts';
import { alternate, type Bench } from '../bench.ts';
import { startTorch } from '../peers/torch.ts';
import { encoder, resnet50 } from './models/large.ts';
import type { BenchModel } from './models/model.ts';
import { specOf, THREADS } from './training.ts';

const SIZE = 1024;
const REPEATS = 20;
const FLOPS = 2 * SIZE ** 3;

/** What the machine can do at most: a product of two matrices, in billions of operations a second. */
const product: Bench = {
  name: 'engine/matmul',
  unit: 'GFLOP/s',
  run: async () => {
    const b = new Builder();
    const [x, y] = ['x', 'y'].map((name) => b.input(name, 'float32', [SIZE, SIZE]));
    const uniform = uniformStream(1, 'bench');
    const data = tensor('float32', [SIZE, SIZE], Float32Array.from({ length: SIZE ** 2 }, uniform));
    const bytes = writeModel(new Graph('product', [x!, y!], { z: matMul(b, x!, y!) }), { producer: 'bench' });
    await using session = await openSession(bytes, { threads: THREADS });
    await using torch = startTorch(THREADS, false);
    const rate = (seconds: number) => (REPEATS * FLOPS) / seconds / 1e9;
    const ours = async () => {
      const start = performance.now();
      for (let i = 0; i < REPEATS; i++) await session.run({ x: data, y: data });
      return rate((performance.now() - start) / 1000);
    };
    return await alternate(5, ours, torch ? async () => rate(await torch.seconds(`matmul ${SIZE} ${REPEATS}`)) : null);
  },
};

/** How often in a second a training is compiled, from the model to the bytes. */
function compileBench(name: string, model: BenchModel): Bench {
  return {
    name: `engine/compile-${name}`,
    unit: 'compiles/s',
    run: () =>
      alternate(
        3,
        async () => {
          const start = performance.now();
          compileTrain(specOf(model));
          return 1000 / (performance.now() - start);
        },
        null,
      ),
  };
}

export const benches: readonly Bench[] = [
  product,
  compileBench('resnet-50', resnet50),
  compileBench('encoder-12', encoder(12)),
];
