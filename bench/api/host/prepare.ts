import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Account, logIn } from './account.ts';
import { type Caller, makeCaller } from './caller.ts';
import { cloneModel } from './clones.ts';
import { startHostOf } from './host.ts';

const POLL_MS = 100;
const MOST_POLLS = 3000;
const USER = { username: 'ada', password: 'correct horse battery' };

/** An account with one training that has ended, and its model among others like it. */
export interface Trained extends Account {
  readonly modelId: string;
}

export interface Prepared extends AsyncDisposable {
  readonly dataDir: string;
  /** The file of the host's log. */
  readonly log: string;
  readonly account: Trained;
}

/** A new data folder, written by the host of a checkout, with an account of so many models (at least one). */
export async function prepare(checkout: string, models: number): Promise<Prepared> {
  await using made = new AsyncDisposableStack();
  const folder = made.adopt(await mkdtemp(join(tmpdir(), 'trainyard-bench-')), removeFolder);
  const [dataDir, log] = [join(folder, 'data'), join(folder, 'host.log')];
  const account = await train(checkout, dataDir, log);
  await cloneModel(dataDir, account.modelId, models - 1);
  const kept = made.move();
  return { dataDir, log, account, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

/** The main job, on a host that is gone afterwards with all the memory that it took. */
async function train(checkout: string, dataDir: string, log: string): Promise<Trained> {
  await using host = await startHostOf({ checkout, dataDir, log });
  await makeCaller(host.base)('/auth/register', { ...USER, email: 'ada@example.com', full_name: 'Ada' });
  const call = makeCaller(host.base, await logIn(host.base, USER));
  return { ...USER, ...(await trainPenguins(call, checkout, { epochs: 20, hidden_layers: [32, 32], seed: 7 })) };
}

/** Uploads the penguins and trains on them, until that has ended. */
export async function trainPenguins(
  call: Caller,
  checkout: string,
  hyperparameters: object,
): Promise<Pick<Trained, 'jobId' | 'modelId'>> {
  const form = new FormData();
  const csv = await readFile(join(checkout, 'infra/embedded/demo/penguins.csv'));
  form.append('file', new File([csv], 'penguins.csv', { type: 'text/csv' }));
  form.append('name', 'Palmer penguins');
  form.append('target', 'species');
  const dataset_id = (await call('/datasets/upload', form)).id!;
  await untilEnded(call, `/datasets/${dataset_id}`, 'ready');

  const jobId = (await call('/training/start', { dataset_id, model_type: 'mlp', hyperparameters })).job_id!;
  await untilEnded(call, `/training/status/${jobId}`, 'completed');
  return { jobId, modelId: (await call(`/training/results/${jobId}`)).model_id! };
}

/** Asks until the status is the one that is wanted. */
async function untilEnded(call: Caller, path: string, wanted: string): Promise<void> {
  for (let polls = 0; polls < MOST_POLLS; polls++) {
    const answer = await call(path);
    if (answer.status === wanted) return;
    if (answer.status === 'failed') throw new Error(`${path} is failed: ${JSON.stringify(answer)}`);
    await pause(POLL_MS);
  }
  throw new Error(`${path} is not ${wanted} after ${(MOST_POLLS * POLL_MS) / 1000} s`);
}
