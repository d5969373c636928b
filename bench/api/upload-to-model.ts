/**
 * From a file to a model: uploaded to a host, read, trained and stored, against a script in Python that reads the same
 * file and fits a network of the same size as often. The host and Python are running already; the trainer is not.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { virtualEnvironment } from '../../bin/virtual-environment.ts';
import { alternate, type Bench, type Measurement } from '../bench.ts';
import { logIn } from './host/account.ts';
import { type Caller, makeCaller } from './host/caller.ts';
import { HERE, startHostOf } from './host/host.ts';
import { uploadInParts } from './host/upload.ts';

interface Case {
  readonly name: string;
  /** A table of scikit-learn, or the rows of one of twenty columns. */
  readonly table: 'wine' | 'digits' | number;
  readonly peer: 'scikit-learn' | 'torch';
  readonly epochs: number;
  readonly batch: number;
  readonly times: number;
}

const cases: readonly Case[] = [
  { name: 'wine', table: 'wine', peer: 'scikit-learn', epochs: 50, batch: 32, times: 5 },
  { name: 'digits', table: 'digits', peer: 'scikit-learn', epochs: 50, batch: 32, times: 5 },
  { name: 'rows-20000', table: 20_000, peer: 'torch', epochs: 2, batch: 256, times: 3 },
  { name: 'rows-1000000', table: 1_000_000, peer: 'torch', epochs: 2, batch: 256, times: 3 },
];

const POLL_MS = 20;
const TARGET = 'label';
const SECONDS_PER_HOUR = 3600;
const USER = { username: 'ada', password: 'correct horse battery' };

const beside = (file: string) => fileURLToPath(new URL(`../peers/${file}`, import.meta.url));

/** In models an hour. */
async function measure({ table, peer, epochs, batch, times }: Case): Promise<Measurement> {
  const programs = virtualEnvironment(join('.trainyard', 'bench-upload'), beside('upload-requirements.txt'));
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
  const file = join(folder, 'table.csv');
  const child = spawn(join(programs, 'python'), [beside('upload_app.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (request: object): Promise<number> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`Python ended at ${JSON.stringify(request)}`);
    return Number(value);
  };
  try {
    await ask({ write: table, file });
    await using host = await startHostOf({
      checkout: HERE,
      dataDir: join(folder, 'data'),
      log: join(folder, 'host.log'),
    });
    await makeCaller(host.base)('/auth/register', { ...USER, email: 'ada@example.com', full_name: 'Ada' });
    const call = makeCaller(host.base, await logIn(host.base, USER));
    const hyperparameters = { epochs, batch_size: batch, hidden_layers: [64, 64] };
    const ours = () => timed(() => toModel(call, file, hyperparameters));
    const theirs = () => ask({ fit: peer, file, target: TARGET, epochs, batch });
    const perHour = (run: () => Promise<number>) => async () => SECONDS_PER_HOUR / (await run());
    return await alternate(times, perHour(ours), perHour(theirs));
  } finally {
    child.stdin.end();
    await exited;
    await rm(folder, { recursive: true, force: true });
  }
}

async function timed(run: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await run();
  return (performance.now() - begun) / 1000;
}

/** Without validation rows, as the script has none. */
async function toModel(call: Caller, file: string, hyperparameters: object): Promise<void> {
  const dataset_id = await uploadInParts(call, file, TARGET);
  await untilEnded(call, `/datasets/${dataset_id}`, 'ready');
  const job = { dataset_id, model_type: 'mlp', hyperparameters, validation_split: 0 };
  const { job_id } = await call('/training/start', job);
  await untilEnded(call, `/training/status/${job_id}`, 'completed');
}

async function untilEnded(call: Caller, path: string, wanted: string): Promise<void> {
  for (;;) {
    const { status, error } = await call(path);
    if (status === wanted) return;
    if (status === 'failed') throw new Error(`${path} failed: ${JSON.stringify(error)}`);
    await pause(POLL_MS);
  }
}

export const benches: readonly Bench[] = cases.map((one) => ({
  name: `upload-to-model/${one.name}`,
  unit: `models/h, against pandas and ${one.peer}`,
  run: () => measure(one),
}));
