/** What the process of a training takes at most, where the service runs it: from an encoder in a folder to a stored version. Needs Linux. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HERE, startHostOf } from '../../api/host/host.ts';
import { type Labelled, serviceAt } from '../mails/service.ts';
import type { Model } from '../tuning/tuning.ts';
import { peakBytes } from './peak.ts';
import { writeEncoder } from './write.ts';

/** Of the tokenizer: as many different ones as a large file of texts has. */
const WORDS = 20_000;
const TEXTS = 80;
const TEXT_WORDS = 160;

const word = (i: number): string => `w${i.toString(36)}`;

/** Of words that are tokens, more than are read of a text. */
const texts = (): Labelled[] =>
  Array.from({ length: TEXTS }, (_, row) => ({
    text: Array.from({ length: TEXT_WORDS }, (_, i) => word((row * 7919 + i * 104_729) % WORDS)).join(' '),
    label: row % 2 === 0 ? 'jailbreak' : 'benign',
  }));

/** @returns bytes */
export async function trainerBytes({ config, rows }: Model, repository: string, tokens: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-trainer-'));
  try {
    const encoders = join(folder, 'encoders');
    mkdirSync(join(encoders, repository), { recursive: true });
    writeEncoder(
      join(encoders, repository),
      config,
      Array.from({ length: WORDS }, (_, i) => word(i)),
    );
    await using host = await startHostOf({
      ...{ checkout: HERE, dataDir: join(folder, 'data'), log: join(folder, 'log') },
      settings: { encoderFolder: encoders },
    });
    const service = serviceAt(host.bases.training!);
    await service.upload('texts.jsonl', texts());
    let most = 0;
    const of = { max_length: tokens, batch_size: rows, num_epochs: 1 };
    await service.train(repository, 'texts.jsonl', of, (job) => {
      most = Math.max(most, peakOf(job));
    });
    return most;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of the processes that have a job in their environment. */
function peakOf(job: string): number {
  let most = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`TRAINYARD_JOB=${job}\0`)) continue;
      most = Math.max(most, peakBytes(pid));
    } catch {
      // It is somebody else's, or has ended.
    }
  }
  return most;
}
