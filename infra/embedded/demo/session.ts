/** The main workflow over HTTP, as any client would do it: register, upload, train, watch, predict, download. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chart } from './chart.ts';
import type { Client } from './client.ts';
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
};

interface Status {
  readonly status: string;
  readonly progress: number;
  readonly current_epoch: number;
  readonly total_epochs: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly error?: unknown;
}

/**
 * Runs it all; `modelFile` is where to save the downloaded model, `pollMs` the time between two polls of a status.
 * With a receiver, the end of the training is also posted to it. Resolves with the accuracy on the held-out rows.
 */
export async function runMainJob(
  client: Client,
  terminal: Terminal,
  modelFile: string,
  pollMs: number = POLL_MS,
  receiver?: Receiver,
): Promise<number> {
  const { train, test } = splitPenguins();
  const name = `ada-${randomBytes(3).toString('hex')}`;
  const password = randomBytes(12).toString('base64url');
  await client.post('/auth/register', { username: name, email: `${name}@example.com`, password, full_name: 'Ada' });
  const { access_token } = await client.post<{ access_token: string }>('/auth/login', { username: name, password });
  client.useToken(access_token);
  terminal.step('Registered and logged in', `as ${name}`);

  const announced = receiver && (await subscribe(client, receiver));
  if (receiver) terminal.step('Asked for a webhook', receiver.url);

  const dataset = await upload(client, train, pollMs);
  terminal.step(
    'Uploaded penguins.csv',
    `${dataset.metadata.rows} rows, ${dataset.metadata.columns} columns, target ${dataset.metadata.target}`,
  );

  const job = await client.post<{ job_id: string }>('/training/start', { dataset_id: dataset.id, ...TRAINING });
  terminal.step('Started a training job', `mlp, up to ${TRAINING.hyperparameters.epochs} epochs`);
  await watch(client, terminal, job.job_id, pollMs);
  const results = await client.get<{
    model_id: string;
    training_history: { loss: number[]; val_loss: number[] };
    duration: number;
  }>(`/training/results/${job.job_id}`);
  if (announced) {
    const { type, data } = await announced.event;
    terminal.step('Received a signed webhook', `${type}, validation accuracy ${Number(data.accuracy).toFixed(3)}`);
  }
  terminal.say();
  terminal.say(
    chart([
      { mark: '·', name: 'loss', values: results.training_history.loss },
      { mark: '●', name: 'val_loss', values: results.training_history.val_loss },
    ]),
  );
  terminal.say();

  const predict = `/models/${results.model_id}/predict`;
  const answer = await client.post<{ predictions: { class: string }[] }>(predict, {
    inputs: test.map((row) => row.input),
  });
  const right = answer.predictions.filter((one, i) => one.class === test[i]!.species).length;
  const accuracy = right / test.length;
  terminal.step('Tested on held-out rows', `${right} of ${test.length} correct: test accuracy ${accuracy.toFixed(3)}`);

  const unseen = test[0]!;
  const single = await client.post<{ predictions: { class: string; confidence: number }[] }>(predict, {
    input: unseen.input,
  });
  const { class: species, confidence } = single.predictions[0]!;
  terminal.step('Predicted one of them', `${JSON.stringify(unseen.input)}`);
  terminal.say(`    → ${species}, confidence ${confidence.toFixed(3)}; it is ${unseen.species}`);

  const bytes = await client.download(`/models/${results.model_id}/download`);
  mkdirSync(dirname(modelFile), { recursive: true });
  writeFileSync(modelFile, bytes);
  terminal.step('Downloaded the model', `${modelFile} (${bytes.length} bytes)`);
  return accuracy;
}

/** Has the end of a training posted to the receiver. */
async function subscribe(client: Client, receiver: Receiver): Promise<{ event: ReturnType<Receiver['next']> }> {
  const { secret } = await client.post<{ secret: string }>('/webhooks', {
    url: receiver.url,
    events: ['training.completed'],
  });
  receiver.secret = secret;
  return { event: receiver.next() };
}

interface Dataset {
  readonly id: string;
  readonly status: string;
  readonly error?: unknown;
  readonly metadata: { readonly rows: number; readonly columns: number; readonly target: string };
}

async function upload(client: Client, csv: string, pollMs: number): Promise<Dataset> {
  const form = new FormData();
  form.append('file', new File([csv], 'penguins.csv', { type: 'text/csv' }));
  form.append('name', 'Palmer penguins');
  form.append('target', 'species');
  form.append('dataset_type', 'classification');
  const { id } = await client.post<{ id: string }>('/datasets/upload', form);
  for (;;) {
    const dataset = await client.get<Dataset>(`/datasets/${id}`);
    if (dataset.status === 'ready') return dataset;
    if (dataset.status === 'failed') throw new Error(`the dataset failed: ${JSON.stringify(dataset.error)}`);
    await pause(pollMs);
  }
}

async function watch(client: Client, terminal: Terminal, jobId: string, pollMs: number): Promise<void> {
  for (;;) {
    const status = await client.get<Status>(`/training/status/${jobId}`);
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
