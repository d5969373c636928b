/** The first half of a data folder: two people use a host, over HTTP, until it is killed. */
import { createHash } from 'node:crypto';
import { type EmbeddedAdapters, openEmbedded } from '#embedded/open.ts';
import { queues } from '#infra/topology.ts';
import { type RunningHost, startHostProcess } from '../running-host.ts';
import { User } from '../user.ts';
import type { BeforeKill, Person } from './manifest.ts';

const SHORT = { epochs: 10, hidden_layers: [8], seed: 1 };
/** Takes seconds, so that it still runs when the host is killed and is soon completed by the next one. */
const LONGER = { epochs: 1500, batch_size: 8, hidden_layers: [8], seed: 2 };
const ENDLESS = { epochs: 10_000, batch_size: 1, hidden_layers: [64, 64] };
/** After a few steps of a regression the loss is infinite. */
const DIVERGING = { optimizer: 'sgd', learning_rate: 1, momentum: 0.99, batch_size: 1, hidden_layers: [64] };

const PENGUINS = [
  ['Biscoe', 47.5, 15.0, 218, 4950, 'female', 2009],
  ['Torgersen', 39.1, 18.7, 181, 3750, 'male', 2007],
  [null, null, null, 195, null, null, null],
];

export async function beforeKill(dir: string): Promise<BeforeKill> {
  const host = await startHostProcess(dir);
  const adapters = await openEmbedded({ dir, baseUrl: host.base, queues });
  try {
    const grace = await register(host, 'grace');
    const hers = (await grace.user.upload('x,y\n1,a\n2,b\n3,a\n4,b\n')).id;
    const { user, login } = await register(host, 'ada');
    const ready = (await user.uploadPenguins()).id;
    const failed = (await user.upload(tableWithAFault(), { target: 'y' })).id;
    const upload = await beginUpload(user);
    const deadMessage = await deadLetterMessage(user, adapters);
    const { repeatable, completedJob, model } = await trainModel(host, user, ready);
    const failedJob = await failTraining(user);
    const stoppedJob = await stopTraining(user, ready);
    const settled = {
      ada: [
        ...['/auth/me', `/datasets/${ready}`, `/datasets/${ready}/profile`, `/datasets/${failed}`],
        ...[`/training/status/${completedJob}`, `/training/results/${completedJob}`, `/models/${model.id}`],
        ...[`/training/status/${failedJob}`, `/training/status/${stoppedJob}`],
      ],
      grace: ['/auth/me', '/datasets', `/datasets/${hers}`, `/datasets/${hers}/profile`],
    };
    return {
      ada: { ...login, answers: await answersTo(user, settled.ada) },
      grace: { ...grace.login, answers: await answersTo(grace.user, settled.grace) },
      ...{ model, repeatable, upload, deadMessage },
      runningJob: await startTraining(user, ready, LONGER),
    };
  } finally {
    await adapters.close();
    await host.stop('SIGKILL');
  }
}

async function register(host: RunningHost, username: string) {
  const password = `correct horse of ${username}`;
  const user = new User({ base: host.base, pollMilliseconds: 50 }, username, password);
  const email = `${username}@example.com`;
  await user.client.post('/auth/register', { username, email, password, full_name: username });
  const tokens = await user.client.post<Pick<Person, 'access_token' | 'refresh_token'>>('/auth/login', {
    username,
    password,
  });
  user.client.useToken(tokens.access_token);
  const { access_token, refresh_token } = tokens;
  return { user, login: { username, password, access_token, refresh_token } };
}

/** Its fault lies deeper than what is checked when the file is uploaded. */
const tableWithAFault = () => `x,y\n${'1,a\n2,b\n'.repeat(100_000)}1,2,3\n`;

async function beginUpload(user: User): Promise<BeforeKill['upload']> {
  const file = 'x,y\n1,a\n2,b\n3,a\n4,b\n5,a\n';
  const wanted = { name: 'in parts', file_size: file.length, target: 'y' };
  const begun = await user.client.post<{ upload_id: string; parts: { url: string }[] }>('/datasets/uploads', wanted);
  const part_url = begun.parts[0]!.url;
  const answer = await fetch(part_url, { method: 'PUT', body: file });
  const etag = answer.headers.get('etag');
  if (etag === null) throw new Error(`the part must be answered with an ETag; got status ${answer.status}`);
  return { id: begun.upload_id, file, part_url, etag };
}

/** The consumer dead-letters what it cannot read. */
async function deadLetterMessage(user: User, { queues, deadLetters }: EmbeddedAdapters): Promise<string> {
  const body = 'no message of ours';
  await queues.datasets.send(body);
  await user.until(
    async () => deadLetters.get('datasets')!.counts().waiting,
    (waiting) => waiting === 1,
  );
  return body;
}

async function trainModel(host: RunningHost, user: User, dataset: string) {
  const path = '/training/start';
  const key = 'train-once';
  const body = { dataset_id: dataset, model_type: 'mlp', hyperparameters: SHORT };
  const headers = {
    authorization: `Bearer ${user.client.token}`,
    'content-type': 'application/json',
    'idempotency-key': key,
  };
  const response = await fetch(`${host.base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer = (await response.json()) as { job_id: string };
  const completedJob = answer.job_id;
  await user.jobIs(completedJob, ({ status }) => status === 'completed');
  const model = await useModel(user, (await user.results(completedJob)).model_id);
  return { repeatable: { path, key, body, answer }, completedJob, model };
}

async function useModel({ client }: User, id: string): Promise<BeforeKill['model']> {
  const predictions = await client.post(`/models/${id}/predict`, { inputs: PENGUINS });
  const bytes = await client.download(`/models/${id}/download`);
  return { id, sha256: createHash('sha256').update(bytes).digest('hex'), inputs: PENGUINS, predictions };
}

async function failTraining(user: User): Promise<string> {
  const rows = Array.from({ length: 60 }, (_, i) => `${i},${i ** 3}`);
  const { id } = await user.upload(`x,y\n${rows.join('\n')}\n`, { target: 'y', dataset_type: 'regression' });
  const job = await user.train(id, DIVERGING);
  await user.jobIs(job, ({ status }) => status === 'failed');
  return job;
}

async function stopTraining(user: User, dataset: string): Promise<string> {
  const job = await startTraining(user, dataset, ENDLESS);
  await user.client.post(`/training/stop/${job}`);
  return job;
}

/** Resolves when the training is under way. */
async function startTraining(user: User, dataset: string, hyperparameters: Record<string, unknown>): Promise<string> {
  const job = await user.train(dataset, hyperparameters);
  await user.jobIs(job, ({ status, current_epoch }) => status === 'running' && current_epoch > 0);
  return job;
}

async function answersTo({ client }: User, paths: readonly string[]): Promise<Record<string, unknown>> {
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await client.get(path)] as const)));
}
