/** Encoders with random weights, and steps of their fine-tuning. */
import { adamw } from '#engine/optim/adam.ts';
import { linearWithWarmup } from '#engine/optim/schedule.ts';
import { tensor } from '#engine/tensor.ts';
import { softmaxCrossEntropy } from '#engine/training/loss.ts';
import { initialState } from '#engine/training/state.ts';
import { encoderRunner } from '#learning/encoder/runner.ts';
import type { RunningTraining } from '#learning/fit/runner.ts';
import { encoderNetwork } from '#zoo/encoders/network.ts';
import { encoderOf } from '#zoo/encoders/registry.ts';

export const THREADS = 2;
export const TOKENS = 128;

export interface Model {
  /** As `transformers_training.py` has it. */
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly rows: number;
}

export const models: readonly Model[] = [
  {
    name: 'minilm',
    config: { model_type: 'bert', hidden_size: 384, num_hidden_layers: 6, intermediate_size: 1536 },
    rows: 16,
  },
  { name: 'distilbert', config: { model_type: 'distilbert' }, rows: 8 },
  {
    name: 'deberta',
    config: {
      ...{ model_type: 'deberta-v2', hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12 },
      ...{ intermediate_size: 3072, relative_attention: true, position_buckets: 256, norm_rel_ebd: 'layer_norm' },
      ...{ share_att_key: true, pos_att_type: 'p2c|c2p', position_biased_input: false, layer_norm_eps: 1e-7 },
    },
    rows: 8,
  },
];

export interface Tuning extends AsyncDisposable {
  step(): Promise<void>;
}

export async function openTuning({ config, rows }: Model): Promise<Tuning> {
  const { vocabularySize, vocabularyName } = encoderOf(config, { classes: 2 });
  const network = (vocabularyRows: number) =>
    encoderNetwork(encoderOf(config, { classes: 2, vocabularyRows }), { layerDecay: 1, frozenLayers: 0 }, 0);
  const optimizer = adamw({ learningRate: 2e-5 });
  const runner = encoderRunner(
    {
      ...{ network, vocabularyName, optimizer, vocabularyRows: vocabularySize, isVocabularyTrained: true },
      ...{ buckets: [TOKENS], schedule: linearWithWarmup(0, 1000), accumulation: 1, clipNorm: 1 },
      loss: softmaxCrossEntropy,
    },
    { batchSize: rows, seed: 1, session: { threads: THREADS } },
  );
  const ids = Int32Array.from({ length: rows * TOKENS }, (_, i) => 5 + ((i * 7919) % (vocabularySize - 5)));
  const y = Int32Array.from({ length: rows }, (_, i) => i % 2);
  const data = { ids: tensor('int32', [rows, TOKENS], ids), y: tensor('int32', [rows], y) };
  const state = initialState({ network: network(vocabularySize), optimizer }, 1);
  const training: RunningTraining = await runner.openTraining(data, state);
  const batch = Array.from({ length: rows }, (_, i) => i);
  return {
    step: async () => {
      await training.run([batch]);
    },
    [Symbol.asyncDispose]: () => training[Symbol.asyncDispose](),
  };
}
