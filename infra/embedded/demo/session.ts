/** The main workflow over HTTP, as any client would do it: register, upload, train, watch, predict, download. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { answer, type Credentials, makeClient } from '#client/client.ts';
import type { components, paths } from '#client/platform/schema.ts';
import { chart } from './chart.ts';
import { splitPenguins } from './penguins.ts';
import type { Receiver } from './receiver.ts';
import type { Terminal } from './terminal.ts';

const POLL_MS = 150;
const TRAINING = {
  model_type: 'mlp',
  hyperparameters: {
    learning_rate: 0.001,
    batch_size: 32,
    epochs: 120,
    hidden_layers: [32, 32],
    dropout: 0.1,
    seed: 7,
  },
  validation_split: 0.2,
  early_stopping: { enabled: true, patience: 30, monitor: 'val_loss' },
} as const;

type Client = ReturnType<typeof makeClient<paths>>;

/**
 * Runs it all; `modelFile` is where to save the downloaded model, `pollMs` the time between two polls of a status.
 * With a receiver, the end of the training is also posted to it. Resolves with the accuracy on the held-out rows.
 */
export async function runMainJob(
  base: string,
  terminal: Terminal,
  modelFile: string,
  pollMs: number = POLL_MS,
  receiver?: Receiver,
): Promise<number> {
  const credentials: Credentials = {};
  const client = makeClient<paths>(base, credentials);
  const { train, test } = splitPenguins();
  const name = `ada-${randomBytes(3).toString('hex')}`;
  const password = randomBytes(12).toString('base64url');
  const registration = { username: name, email: `${name}@example.com`, password, full_name: 'Ada' };
  await answer(client.POST('/auth/register', { body: registration }));
  const login = await answer(client.POST('/auth/login', { body: { username: name, password } }));
  credentials.token = login.access_token;
  terminal.step('Registered and logged in', `as ${name}`);

  const announced = receiver && (await subscribe(client, receiver));
  if (receiver) terminal.step('Asked for a webhook', receiver.url);

  const dataset = await upload(client, train, pollMs);
  terminal.step(
    'Uploaded penguins.csv',
    `${dataset.metadata?.rows} rows, ${dataset.metadata?.columns} columns, target ${dataset.metadata?.target}`,
  );

  const job = await answer(client.POST('/training/start', { body: { dataset_id: dataset.id, ...TRAINING } }));
  terminal.step('Started a training job', `mlp, up to ${TRAINING.hyperparameters.epochs} epochs`);
  await watch(client, terminal, job.job_id, pollMs);
  const results = await answer(client.GET('/training/results/{job_id}', { params: { path: job } }));
  const { loss = [], val_loss = [] } = results.training_history;
  if (announced) {
    const { type, data } = await announced.event;
    terminal.step('Received a signed webhook', `${type}, validation accuracy ${Number(data.accuracy).toFixed(3)}`);
  }
  terminal.say();
  terminal.say(
    chart([
      { mark: '·', name: 'loss', values: loss },
      { mark: '●', name: 'val_loss', values: val_loss },
    ]),
  );
  terminal.say();

  const { model_id } = results;
  const predict = (body: components['schemas']['PredictionRequest']) =>
    answer(client.POST('/models/{model_id}/predict', { params: { path: { model_id } }, body }));
  const { predictions } = await predict({ inputs: test.map(({ input }) => [...input]) });
  const right = predictions.filter((one, i) => 'class' in one && one.class === test[i]!.species).length;
  const accuracy = right / test.length;
  terminal.step('Tested on held-out rows', `${right} of ${test.length} correct: test accuracy ${accuracy.toFixed(3)}`);

  const unseen = test[0]!;
  const [single] = (await predict({ input: [...unseen.input] })).predictions;
  if (single === undefined || !('class' in single))
    throw new Error(`no class was predicted: ${JSON.stringify(single)}`);
  terminal.step('Predicted one of them', `${JSON.stringify(unseen.input)}`);
  terminal.say(`    → ${single.class}, confidence ${single.confidence.toFixed(3)}; it is ${unseen.species}`);

  const downloading = client.GET('/models/{model_id}/download', { params: { path: results }, parseAs: 'arrayBuffer' });
  const bytes = new Uint8Array(await answer(downloading));
  mkdirSync(dirname(modelFile), { recursive: true });
  writeFileSync(modelFile, bytes);
  terminal.step('Downloaded the model', `${modelFile} (${bytes.length} bytes)`);
  return accuracy;
}

/** Has the end of a training posted to the receiver. */
async function subscribe(client: Client, receiver: Receiver): Promise<{ event: ReturnType<Receiver['next']> }> {
  const body = { url: receiver.url, events: ['training.completed' as const] };
  const { secret } = await answer(client.POST('/webhooks', { body }));
  receiver.secret = secret;
  return { event: receiver.next() };
}

async function upload(client: Client, csv: string, pollMs: number) {
  const file = new File([csv], 'penguins.csv', { type: 'text/csv' });
  const body = { file, name: 'Palmer penguins', target: 'species', dataset_type: 'classification' as const };
  const { id } = await answer(client.POST('/datasets/upload', { body }));
  for (;;) {
    const dataset = await answer(client.GET('/datasets/{dataset_id}', { params: { path: { dataset_id: id } } }));
    if (dataset.status === 'ready') return dataset;
    if (dataset.status === 'failed') throw new Error(`the dataset failed: ${JSON.stringify(dataset.error)}`);
    await pause(pollMs);
  }
}

async function watch(client: Client, terminal: Terminal, jobId: string, pollMs: number): Promise<void> {
  for (;;) {
    const path = { job_id: jobId };
    const status = await answer(client.GET('/training/status/{job_id}', { params: { path } }));
    const { loss, val_accuracy: accuracy } = status.metrics;
    const numbers =
      loss === undefined ? status.status : `loss ${loss.toFixed(3)}, val_accuracy ${accuracy?.toFixed(3)}`;
    terminal.progress(status.progress, `epoch ${status.current_epoch}/${status.total_epochs}  ${numbers}`);
    if (status.status === 'completed') return;
    if (status.status !== 'queued' && status.status !== 'running') {
      throw new Error(`the job is ${status.status}: ${JSON.stringify(status.error)}`);
    }
    await pause(pollMs);
  }
}
