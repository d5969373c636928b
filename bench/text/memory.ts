/** The most memory that a process takes for one thing: beyond the weights for loading an encoder, in all for fine-tuning. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench } from '../bench.ts';
import { trainerBytes } from './memory/trainer.ts';
import { writeEncoder } from './memory/write.ts';
import { models, TOKENS } from './tuning/tuning.ts';

const CHILD = fileURLToPath(new URL('memory/child.ts', import.meta.url));

const bytesFor = (...args: readonly string[]): number =>
  Number(execFileSync(process.execPath, [CHILD, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));

/** RoBERTa-base's: 499 MB in float32. */
const LARGE = { model_type: 'roberta', vocab_size: 50_265, max_position_embeddings: 514, type_vocab_size: 1 };

const loading: Bench = {
  name: 'text/loading-memory',
  unit: 'MB',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'trainyard-encoder-'));
    try {
      const weights = writeEncoder(folder, LARGE, ['a']);
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
  run: async () => {
    const deberta = models.find(({ name }) => name === 'deberta')!;
    const job = await trainerBytes(deberta, 'microsoft/deberta-v3-base', TOKENS);
    return { ours: job / 1e9, peer: null, spread: 0, more: { step: bytesFor('step', 'deberta') / 1e9 } };
  },
};

export const benches: readonly Bench[] = [loading, tuning];
