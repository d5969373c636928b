import { initialState } from '#engine/training/state.ts';
import { compileEvaluate } from '#engine/training/step.ts';
import { Evaluator } from '#engine/training/training.ts';
import { type Bench, inTurn } from '../bench.ts';
import { startTorch } from '../peers/torch.ts';
import { resnet50 } from './models/large.ts';
import { profileOf } from './profile.ts';
import { dataOf, SEED, specOf, THREADS } from './spec.ts';

/** What a convolution's gradient is made of: by its input, and by its kernel a product of matrices. */
const GRADIENT = ['ConvTranspose', 'Gemm', 'MatMul', 'FusedMatMul'];

/**
 * Where the limit of training ResNet-50 lies: the forward pass alone beside PyTorch's, both as inference, and how much
 * of a training step the runtime spends in forward convolutions and in their gradients.
 */
const forward: Bench = {
  name: `engine/${resnet50.name}-forward`,
  unit: 'batches/s',
  run: async () => {
    const spec = specOf(resnet50);
    await using evaluator = await Evaluator.open(compileEvaluate(spec), { threads: THREADS });
    await using torch = startTorch(THREADS, false);
    const [state, data] = [initialState(spec, SEED), dataOf(resnet50)];
    const ours = async () => {
      const start = performance.now();
      await evaluator.run(state, data);
      return 1000 / (performance.now() - start);
    };
    const peer = torch && (async () => 1 / (await torch.seconds(`${resnet50.name}/forward 1`)));
    const found = await inTurn({ times: 9, seconds: 30 }, peer ? { ours, peer } : { ours });
    const shares = await profileOf(resnet50, 1);
    const share = (ops: readonly string[]) =>
      shares.filter(({ op }) => ops.includes(op)).reduce((sum, one) => sum + one.share, 0);
    return {
      ours: found.ours!.median,
      peer: found.peer?.median ?? null,
      spread: found.ours!.spread,
      more: { convolutionsOfStep: share(['Conv', 'FusedConv']), gradientsOfStep: share(GRADIENT) },
    };
  },
};

export const benches: readonly Bench[] = [forward];
