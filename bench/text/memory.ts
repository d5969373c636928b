/** The most memory that a process takes for one thing: beyond the weights for loading an encoder, in all for fine-tuning. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSafetensors } from '#engine/safetensors.ts';
import { tensor } from '#engine/tensor.ts';
import { encoderOf } from '#zoo/encoders/registry.ts';
import type { Bench } from '../bench.ts';

const CHILD = fileURLToPath(new URL('memory/child.ts', import.meta.url));

const bytesFor = (...args: readonly string[]): number =>
  Number(execFileSync(process.execPath, [CHILD, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));

/** RoBERTa-base's: 499 MB in float32. */
const LARGE = { model_type: 'roberta', vocab_size: 50_265, max_position_embeddings: 514, type_vocab_size: 1 };

/** A tokenizer that is not used. */
const TOKENIZER = {
  version: '1.0',
  ...{ added_tokens: [], normalizer: null, pre_tokenizer: { type: 'Whitespace' }, post_processor: null, decoder: null },
  model: {
    type: 'WordPiece',
    unk_token: 'u',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 9,
    vocab: { u: 0, a: 1 },
  },
};

/** Resolves with the bytes of the weights. */
function writeEncoder(folder: string): number {
  const tensors = encoderOf(LARGE, { classes: 2 }).parameters.map(({ name, shape, isTransposed }) => {
    const stored = isTransposed ? shape.toReversed() : shape;
    const size = stored.reduce((product, dim) => product * dim, 1);
    return [name, tensor('float32', stored, new Float32Array(size).fill(0.01))] as const;
  });
  const pieces = writeSafetensors(Object.fromEntries(tensors));
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat(pieces));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(LARGE));
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(TOKENIZER));
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

const loading: Bench = {
  name: 'text/loading-memory',
  unit: 'MB',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'trainyard-encoder-'));
    try {
      const weights = writeEncoder(folder);
      const all = bytesFor('load', folder);
      return { ours: (all - weights) / 1e6, peer: null, spread: 0, more: { weights: weights / 1e6 } };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const tuning: Bench = {
  name: 'text/deberta-memory',
  unit: 'GB',
  run: async () => ({ ours: bytesFor('step', 'deberta') / 1e9, peer: null, spread: 0 }),
};

export const benches: readonly Bench[] = [loading, tuning];
