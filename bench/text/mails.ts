/**
 * Spam among 6,046 public mails, by their bodies alone: `compact-text`, and MiniLM-L6 from a hub on this machine, trained by the
 * training service, each beside scikit-learn's TF-IDF with logistic regression. Mails that are nearly the same are on one side
 * of the split.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniformStream } from '#engine/random.ts';
import { shuffle } from '#engine/shuffle.ts';
import { HERE, startHostOf } from '../api/host/host.ts';
import type { Bench } from '../bench.ts';
import { encoderFolder, type Mail, programs, readMails } from './mails/files.ts';
import { serveHub } from './mails/hub.ts';
import { serviceAt } from './mails/service.ts';

/** The name that the hub has MiniLM under: it is a BERT. */
const REPOSITORY = 'google-bert/bert-base-uncased';
const MODEL = 'bert-base-uncased';
const LABELS = { labels: ['spam', 'ham'], benign_label: 'ham' };
const TUNING = {
  // Two mails of three are one piece. Of the others, each epoch learns from one at random.
  max_length: 192,
  batch_size: 16,
  learning_rate: 1e-4,
  num_epochs: 2,
  warmup_steps: 50,
  // A third fewer layers to go back through. The lower ones know words already.
  freeze_layers: 2,
  validation_split: 0.1,
};

const TEST_SHARE = 0.25;
/** With so much time, mails are learned from; `--seconds` allows for fewer. */
const MAILS_PER_SECOND = 4;

/** Groups of mails at random, until there are enough for the test; the rest is learned from. */
function splitMails(all: readonly Mail[], most: number): { readonly train: Mail[]; readonly test: Mail[] } {
  const groups = [...Map.groupBy(all, ({ source }) => source).values()];
  const order = shuffle(Int32Array.from(groups.keys()), uniformStream(1, 'mails'));
  const shuffledMails = Array.from(order, (place) => groups[place]!).flat();
  const chosen = shuffledMails.slice(0, Math.min(most, shuffledMails.length));
  const border = chosen[Math.floor(chosen.length * TEST_SHARE)]!.source;
  const end = chosen.findIndex(({ source }) => source === border);
  return { test: chosen.slice(0, end), train: chosen.slice(end) };
}

interface Candidate {
  readonly bench: string;
  readonly model: string;
  readonly config: object;
}

const CANDIDATES: readonly Candidate[] = [
  { bench: 'text/mails/compact', model: 'compact-text', config: LABELS },
  { bench: 'text/mails/minilm', model: MODEL, config: { ...LABELS, ...TUNING } },
];

const mailBench = ({ bench, model, config }: Candidate): Bench => ({
  name: bench,
  unit: 'accuracy',
  async run({ seconds } = {}) {
    const { train, test } = splitMails(
      readMails(),
      seconds === undefined ? Number.POSITIVE_INFINITY : seconds * MAILS_PER_SECOND,
    );
    const folder = mkdtempSync(join(tmpdir(), 'trainyard-mails-'));
    try {
      await using hub = await serveHub(REPOSITORY, encoderFolder());
      await using host = await startHostOf({
        ...{ checkout: HERE, dataDir: join(folder, 'data'), log: join(folder, 'log'), settings: { hubUrl: hub.url } },
      });
      const service = serviceAt(host.bases.training!);
      await service.upload('mails.jsonl', train);
      const trainSeconds = await service.train(model, 'mails.jsonl', config);
      const labels = await service.labels(
        model,
        test.map(({ text }) => text),
      );
      const wrong = test.filter(({ label }, i) => labels[i] !== label);
      const falseAlarms = wrong.filter(({ label }) => label === LABELS.benign_label).length;
      const { accuracy: keptBack } = await service.evaluation(model);
      return {
        ...{ ours: 1 - wrong.length / test.length, peer: scikitLearn(folder, train, test), spread: 0 },
        more: {
          ...{ train: train.length, test: test.length, trainSeconds, keptBack },
          ...{ falseAlarms, missed: wrong.length - falseAlarms },
        },
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

function scikitLearn(folder: string, train: readonly Mail[], test: readonly Mail[]): number {
  const paths = Object.entries({ train, test }).map(([name, mails]) => {
    const path = join(folder, `${name}.jsonl`);
    writeFileSync(path, mails.map((mail) => `${JSON.stringify(mail)}\n`).join(''));
    return path;
  });
  const python = join(programs(), 'python');
  const { stdout, status, stderr } = spawnSync(python, ['bench/peers/mails.py', ...paths], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`scikit-learn failed: ${stderr}`);
  return JSON.parse(stdout).accuracy;
}

export const benches: readonly Bench[] = CANDIDATES.map(mailBench);
