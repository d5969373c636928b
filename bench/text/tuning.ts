/** Steps a second of fine-tuning with random weights, beside PyTorch with transformers on the same batch. */
import { type Bench, inTurn } from '../bench.ts';
import { startTransformers } from '../peers/torch.ts';
import { type Model, models, openTuning, THREADS } from './tuning/tuning.ts';

const BUDGET = { times: 9, seconds: 60 };

const tuningBench = (model: Model): Bench => ({
  name: `text/${model.name}`,
  unit: 'steps/s',
  async run() {
    await using training = await openTuning(model);
    await using peer = startTransformers(THREADS);
    const found = await inTurn(BUDGET, {
      ours: async () => {
        const start = performance.now();
        await training.step();
        return 1000 / (performance.now() - start);
      },
      peer: peer && (async () => 1 / (await peer.seconds(`${model.name} 1`))),
    });
    return {
      ...{ ours: found.ours!.median, peer: found.peer?.median ?? null, spread: found.ours!.spread },
      more: { peerSpread: found.peer?.spread ?? null },
    };
  },
});

export const benches: readonly Bench[] = models.map(tuningBench);
