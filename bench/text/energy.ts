/**
 * What the energy penalty does to harmless texts with words that attacks have: `ours` is the share that is not taken for
 * attacks with it, `peer` the share without; `recall` and `peerRecall` are of attacks that were not learned from. `compact-text`,
 * and MiniLM-L6 from a hub on this machine, learn from twenty attacks and twenty harmless texts, with several seeds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HERE, startHostOf } from '../api/host/host.ts';
import type { Bench } from '../bench.ts';
import { ATTACKS, HARMLESS } from './energy/texts.ts';
import { encoderFolder } from './mails/files.ts';
import { serveHub } from './mails/hub.ts';
import { type Service, serviceAt } from './mails/service.ts';

const REPOSITORY = 'google-bert/bert-base-uncased';
const SEEDS = [0, 1, 2, 3, 4];
const PENALTY = { energy_penalty: 1, energy_margin: 1 };
const DATA = 'small.jsonl';

interface Model {
  readonly bench: string;
  readonly name: string;
  readonly config: object;
}

const MODELS: readonly Model[] = [
  { bench: 'text/energy-compact', name: 'compact-text', config: { num_epochs: 40, validation_split: 0 } },
  {
    bench: 'text/energy-minilm',
    name: 'bert-base-uncased',
    // In fewer steps, its new head gives no label of an attack a probability of a half.
    config: { num_epochs: 30, learning_rate: 3e-4, warmup_steps: 5, max_length: 64, validation_split: 0 },
  },
];

/** Shares of harmless texts that are passed, and of attacks that are found. */
async function judge(service: Service, { name, config }: Model, penalty: object) {
  const found = { passed: 0, recall: 0 };
  for (const seed of SEEDS) {
    await service.train(name, DATA, { ...config, ...penalty, seed });
    const { texts, taken_for_attacks } = await service.overDefence(name);
    found.passed += (texts - taken_for_attacks) / texts / SEEDS.length;
    found.recall += (await service.attacks(name, ATTACKS)) / SEEDS.length;
  }
  return found;
}

const energyBench = (model: Model): Bench => ({
  name: model.bench,
  unit: 'passed',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'trainyard-energy-'));
    try {
      await using hub = await serveHub(REPOSITORY, encoderFolder());
      await using host = await startHostOf({
        ...{ checkout: HERE, dataDir: join(folder, 'data'), log: join(folder, 'log'), settings: { hubUrl: hub.url } },
      });
      const service = serviceAt(host.bases.training!);
      const harmless = HARMLESS.map((text) => ({ text, label: 'benign' }));
      await service.upload(DATA, [...(await service.samples()), ...harmless]);
      const without = await judge(service, model, {});
      const penalised = await judge(service, model, PENALTY);
      return {
        ...{ ours: penalised.passed, peer: without.passed, spread: 0 },
        more: { recall: penalised.recall, peerRecall: without.recall },
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

export const benches: readonly Bench[] = MODELS.map(energyBench);
