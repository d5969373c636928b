/**
 * From a CSV of 5,000 windows to a trained `bilstm`: over the API of a host, until its files are written, beside a program
 * with PyTorch that reads the same file and trains the same network with as many threads. Both validate after each epoch.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { uniformStream } from '#engine/random.ts';
import { logIn } from '../api/host/account.ts';
import { type Caller, makeCaller } from '../api/host/caller.ts';
import { HERE, startHostOf } from '../api/host/host.ts';
import { alternate, type Bench } from '../bench.ts';
import { startSeriesTorch } from '../peers/torch.ts';

const [WINDOWS, STEPS, EPOCHS, THREADS, TIMES] = [5000, 10, 5, 2, 3];
const POLL_MS = 20;
const USER = { username: 'ada', password: 'correct horse battery' };

/** Eight numbers that follow each other, and one that depends on those before it. */
function seriesCsv(): string {
  const uniform = uniformStream(1, 'series');
  const names = Array.from({ length: 8 }, (_, i) => `x${i}`);
  let level = 0;
  const lines = Array.from({ length: WINDOWS + STEPS - 1 }, (_, row) => {
    const numbers = names.map((_, i) => Math.sin(row / (7 + i)) + uniform() / 4);
    level = 0.9 * level + numbers[0]! * numbers[1]!;
    return [...numbers, level].map((value) => value.toFixed(5)).join(',');
  });
  return [[...names, 'y'].join(','), ...lines].join('\n');
}

async function trained(call: Caller, csv: string, name: string): Promise<number> {
  const begun = performance.now();
  const form = new FormData();
  form.append('file', new File([csv], 'series.csv', { type: 'text/csv' }));
  for (const [field, value] of Object.entries({ name, target: 'y', dataset_type: 'regression' }))
    form.append(field, value);
  const dataset_id = (await call('/datasets/upload', form)).id!;
  await until(call, `/datasets/${dataset_id}`, 'ready');
  const hyperparameters = { window: STEPS, hidden_size: 64, epochs: EPOCHS, batch_size: 64 };
  const request = { dataset_id, model_type: 'bilstm', hyperparameters, early_stopping: { enabled: false } };
  const job = (await call('/training/start', request)).job_id!;
  await until(call, `/training/status/${job}`, 'completed');
  return (performance.now() - begun) / 1000;
}

async function until(call: Caller, path: string, wanted: string): Promise<void> {
  for (;;) {
    const answer = await call(path);
    if (answer.status === wanted) return;
    if (answer.status === 'failed') throw new Error(`${path} is failed: ${JSON.stringify(answer)}`);
    await pause(POLL_MS);
  }
}

const bench: Bench = {
  name: 'series/upload-to-model',
  unit: 'models/min',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trainyard-bench-series-'));
    try {
      const csv = seriesCsv();
      const file = join(folder, 'series.csv');
      writeFileSync(file, csv);
      const place = { checkout: HERE, dataDir: join(folder, 'data'), log: join(folder, 'log') };
      await using host = await startHostOf(place);
      await makeCaller(host.base)('/auth/register', { ...USER, email: 'ada@example.com', full_name: 'Ada' });
      const call = makeCaller(host.base, await logIn(host.base, USER));
      await using torch = startSeriesTorch(THREADS);
      let runs = 0;
      const ours = async () => 60 / (await trained(call, csv, `series ${runs++}`));
      const peer = torch && (async () => 60 / (await torch.seconds(`${file} ${STEPS} ${EPOCHS}`)));
      return await alternate(TIMES, ours, peer ?? null);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export const benches: readonly Bench[] = [bench];
