import { Builder, Graph } from '#engine/graph.ts';
import { writeModel } from '#engine/onnx/write.ts';
import { matMul } from '#engine/ops/linalg.ts';
import { uniformStream } from '#engine/random.ts';
import { openSession } from '#engine/run.ts';
import { tensor } from '#engine/tensor.ts';
import { compileTrain } from '#engine/training/step.ts';
import { alternate, type Bench } from '../bench.ts';
import { startTorch } from '../peers/torch.ts';
import { encoder, resnet50 } from './models/large.ts';
import type { BenchModel } from './models/model.ts';
import { specOf, THREADS } from './spec.ts';

const SIZE = 1024;
const REPEATS = 5;
const FLOPS = 2 * SIZE ** 3;

/** What the machine can do at most. */
export interface Machine extends AsyncDisposable {
  /** Products of two matrices, measured now, in additions and multiplications a second. */
  rate(): Promise<number>;
}

export async function openMachine(): Promise<Machine> {
  const b = new Builder();
  const [x, y] = ['x', 'y'].map((name) => b.input(name, 'float32', [SIZE, SIZE]));
  const uniform = uniformStream(1, 'bench');
  const data = tensor('float32', [SIZE, SIZE], Float32Array.from({ length: SIZE ** 2 }, uniform));
  const bytes = writeModel(new Graph('product', [x!, y!], { z: matMul(b, x!, y!) }), { producer: 'bench' });
  const session = await openSession(bytes, { threads: THREADS });
  return {
    rate: async () => {
      const start = performance.now();
      for (let i = 0; i < REPEATS; i++) await session.run({ x: data, y: data });
      return (REPEATS * FLOPS * 1000) / (performance.now() - start);
    },
    [Symbol.asyncDispose]: () => session.dispose(),
  };
}

const product: Bench = {
  name: 'engine/matmul',
  unit: 'GFLOP/s',
  run: async () => {
    await using machine = await openMachine();
    await using torch = startTorch(THREADS, false);
    const peer = torch && (async () => (REPEATS * FLOPS) / (await torch.seconds(`matmul ${SIZE} ${REPEATS}`)) / 1e9);
    return await alternate(9, async () => (await machine.rate()) / 1e9, peer ?? null);
  },
};

/** How long it takes to compile a training, from the model to the bytes: under three seconds is the aim. */
function compileBench(name: string, model: BenchModel): Bench {
  return {
    name: `engine/compile-${name}`,
    unit: 's',
    run: () => {
      const compile = async () => {
        const start = performance.now();
        compileTrain(specOf(model));
        return (performance.now() - start) / 1000;
      };
      return alternate(3, compile, null);
    },
  };
}

export const benches: readonly Bench[] = [
  product,
  compileBench('resnet-50', resnet50),
  compileBench('encoder-12', encoder(12)),
];
