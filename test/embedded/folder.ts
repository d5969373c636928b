import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedHostOptions, EmbeddedOptions } from '#embedded/open.ts';

/** A new folder, with a function that removes it. */
export async function temporaryFolder(): Promise<{ dir: string; remove: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'trainyard-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** The options of most tests. */
export const embeddedOptions = (dir: string): EmbeddedOptions => ({
  dir,
  baseUrl: 'http://127.0.0.1:9',
  queues: {
    datasets: { visibilitySeconds: 30, maxReceives: 3 },
    training: { visibilitySeconds: 30, maxReceives: 3 },
    webhooks: { visibilitySeconds: 30, maxReceives: 3 },
    predictions: { visibilitySeconds: 30, maxReceives: 3 },
    vault: { visibilitySeconds: 30, maxReceives: 3 },
    logs: { visibilitySeconds: 30, maxReceives: 3 },
    encoders: { visibilitySeconds: 30, maxReceives: 3 },
  },
});

/** The counter that the run of a writer increments. */
export const counterOf = (run: number | string) => ({ pk: `COUNT#${run}`, sk: 'counter' });

export const hostOptions = (dir: string): EmbeddedHostOptions => ({
  ...embeddedOptions(dir),
  computeCommand: () => ({ command: process.execPath, args: ['-e', ''], env: {} }),
});
