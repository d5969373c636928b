import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { getDataset } from '#domain/datasets/read.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { newId } from '#domain/ids.ts';
import { keys } from '#domain/keys.ts';
import { getModel } from '#domain/models/read.ts';
import { reportProgress } from '#domain/training/attempts.ts';
import { failJob } from '#domain/training/endings.ts';
import { appendLog, lineOf } from '#domain/training/logs.ts';
import { getJob } from '#domain/training/read.ts';
import { listWaiting } from '#domain/training/waiting.ts';
import { writeSafetensors } from '#engine/safetensors.ts';
import { type Tensors, tensor } from '#engine/tensor.ts';
import { initialParameters } from '#engine/training/network.ts';
import { writeTorch } from '#learning/files/write-torch.ts';
import { residentBytes } from '#learning/table/resident.ts';
import { smallCnn } from '#zoo/images/small-cnn.ts';
import { openPlatform, type Platform } from './harness.ts';
import { completed, failed, PROFILE, ready, running, uploaded } from './records.ts';

let platform: Platform;
let token: string;
let dataset: Dataset;
let people = 0;
beforeAll(async () => {
  platform = await openPlatform();
});
beforeEach(async () => {
  token = await platform.login(`person-${'x'.repeat(++people)}`);
  dataset = await ready(platform, await uploaded(platform, token, 'Penguins'));
  await messages();
});
afterAll(() => platform.close());

const start = (json: object, as = token) =>
  platform.call({
    method: 'POST',
    path: '/training/start',
    token: as,
    json: { dataset_id: dataset.id, model_type: 'mlp', ...json },
  });
/** Receives and acknowledges what is in the queue. */
async function messages(): Promise<unknown[]> {
  const received = await platform.store.queues.training.receive({ max: 10 });
  await Promise.all(received.map(({ receipt }) => platform.store.queues.training.acknowledge(receipt)));
  for (const { body, group } of received) expect(group).toBe(JSON.parse(body).account_id);
  return received.map(({ body }) => JSON.parse(body));
}

const stop = (id: string) => platform.call({ method: 'POST', path: `/training/stop/${id}`, token });
const status = (id: string) => platform.call({ path: `/training/status/${id}`, token });
const results = (id: string) => platform.call({ path: `/training/results/${id}`, token });

describe('starting', () => {
  test('queues a job with defaults for what was left out, and sends its message', async () => {
    const answer = await start({ hyperparameters: { learning_rate: 0.01, batch_size: 16, epochs: 20 } });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      job_id: expect.any(String),
      status: 'queued',
      created_at: '2026-01-01T00:00:00.000Z',
      estimated_time: expect.any(Number),
    });
    const job = await getJob(platform.store.table, dataset.account_id, answer.body.job_id);
    expect(job).toMatchObject({
      model_name: 'Penguins',
      task: 'classification',
      hyperparameters: { learning_rate: 0.01, batch_size: 16, epochs: 20, optimizer: 'adam' },
      validation_split: 0.2,
      early_stopping: { enabled: false, patience: 10, monitor: 'val_loss' },
      total_epochs: 20,
      attempt: 0,
      data_bytes: residentBytes(PROFILE),
    });
    expect(await messages()).toEqual([{ account_id: dataset.account_id, job_id: job.id }]);
  });

  test('accepts the fields of the specification, and a name for the model', async () => {
    const answer = await start({
      hyperparameters: { learning_rate: 0.001, batch_size: 32, epochs: 100, optimizer: 'adam' },
      validation_split: 0.2,
      early_stopping: { enabled: true, patience: 10, monitor: 'val_loss' },
      name: 'Antarctic',
    });
    const job = await getJob(platform.store.table, dataset.account_id, answer.body.job_id);
    expect(job).toMatchObject({ model_name: 'Antarctic', early_stopping: { enabled: true } });
  });

  test('stores 0 for numbers too small for a store, wherever they are', async () => {
    const tiny = { hyperparameters: { weight_decay: 5e-324, momentum: 1e-131 }, validation_split: 1e-300 };
    const answer = await start(tiny);
    expect(answer.status).toBe(201);
    expect(await getJob(platform.store.table, dataset.account_id, answer.body.job_id)).toMatchObject({
      hyperparameters: { weight_decay: 0, momentum: 0 },
      validation_split: 0,
    });
  });

  test.each([
    [{ model_type: 'resnet51' }, 'model_type', /^must be one of .*mlp.*; got "resnet51"$/],
    [
      { model_type: 'resnet50' },
      'model_type',
      /^must be a model type for tables, as the dataset is: .*mlp.*; resnet50 takes images, also as tables that have nothing but k² or 3·k² numbers, with k of at least 4, such as 64 or 784, as features, where this one has \d+$/,
    ],
    [
      { model_type: 'deephpm' },
      'model_type',
      /^must be a model type for classification, as the dataset is: mlp, linear, bilstm; deephpm is for regression$/,
    ],
    [{ model_type: '__proto__' }, 'model_type', /^must be one of/],
    [{ dataset_id: 'x' }, 'dataset_id', /^must be a UUID; got "x"$/],
    [{ dataset_id: 7 }, 'dataset_id', /^must be a string; got 7$/],
    [{ hyperparameters: { batch_size: 0 } }, 'hyperparameters.batch_size', /between 1 and 65536; got 0$/],
    [
      { hyperparameters: { learning_rate: 'fast' } },
      'hyperparameters.learning_rate',
      /between 1e-12 and 1, or "auto"; got "fast"$/,
    ],
    [{ hyperparameters: { epochs: 1.5 } }, 'hyperparameters.epochs', /integer.*; got 1.5$/],
    [{ hyperparameters: { optimizer: 'lion' } }, 'hyperparameters.optimizer', /"adam".*; got "lion"$/],
    [{ hyperparameters: { warmth: 3 } }, 'hyperparameters.warmth', /^is not a known field; known are learning_rate/],
    [{ hyperparameters: [] }, 'hyperparameters', /^must be an object; got \[\]$/],
    [{ validation_split: 0.95 }, 'validation_split', /^must be between 0 and 0.9; got 0.95$/],
    [{ split: 'group' }, 'split', /stratified.*random/],
    [{ model_type: 'bilstm', split: 'random' }, 'split', /^must be left out for series, whose windows overlap/],
    [
      { model_type: 'bilstm', hyperparameters: { horizon: 1 } },
      'hyperparameters.horizon',
      /^must be 0 for a classification: only numbers are forecast; got 1$/,
    ],
    [
      { model_type: 'bilstm', hyperparameters: { window: 9999 } },
      'hyperparameters.window',
      /^must be at most the number of rows with a target, \d+, together with horizon 0; got 9999$/,
    ],
    [{ test_split: -0.1 }, 'test_split', /^must be between 0 and 0.9; got -0.1$/],
    [{ test_split: 0.8 }, 'test_split', /^must be at most 0.7 beside validation_split 0.2: together.* 0.9; got 0.8$/],
    [{ early_stopping: { patience: 0 } }, 'early_stopping.patience', /^must be between 1 and 1000; got 0$/],
    [{ early_stopping: { enabled: 'yes' } }, 'early_stopping.enabled', /^must be true or false; got "yes"$/],
    [{ early_stopping: { monitor: 'f1' } }, 'early_stopping.monitor', /^must be "val_loss", .*; got "f1"$/],
    [
      { early_stopping: { enabled: true }, validation_split: 0 },
      'early_stopping.monitor',
      /^must be loss or accuracy for/,
    ],
    [{ early_stopping: { monitor: 'val_rmse' } }, 'early_stopping.monitor', /^must be val_loss or .*; got val_rmse$/],
    [
      { early_stopping: { monitor: 'val_accuracy' }, validation_split: 0 },
      'early_stopping.monitor',
      /^must be loss or accuracy for .*; got val_accuracy$/,
    ],
    [{ cv: 1 }, 'cv', /^must be between 2 and 20; got 1$/],
    [{ start_from: 7 }, 'start_from', /^must be a string; got 7$/],
    [{ epochs: 3 }, 'epochs', /^is not a known field; known are dataset_id, model_type/],
    [{ max_seconds: 0 }, 'max_seconds', /got 0$/],
    [{ max_cost: -1 }, 'max_cost', /got -1$/],
    [{ name: '' }, 'name', /^must have between 1 and 200 characters; got ""$/],
  ])('refuses %j', async (json, field, message) => {
    const answer = await start(json);
    expect(answer.status).toBe(400);
    expect(answer.body.details).toEqual([{ field, message: expect.stringMatching(message) }]);
    expect(await messages()).toEqual([]);
  });

  test('may come before the dataset is ready: the job is queued, and holds its slot and its dataset', async () => {
    const processing = await uploaded(platform, token);
    const answer = await start({ dataset_id: processing.id });
    expect([answer.status, answer.body.status]).toEqual([201, 'queued']);
    expect(answer.body.estimated_time).toBeGreaterThan(0);
    const job = await getJob(platform.store.table, dataset.account_id, answer.body.job_id);
    expect(job).toMatchObject({ awaits_dataset: true, attempt: 0, total_epochs: 50 });
    expect(await messages()).toEqual([{ account_id: dataset.account_id, job_id: job.id }]);
    expect((await status(job.id)).body.waits_for).toBe('dataset');
    expect((await getDataset(platform.store.table, dataset.account_id, processing.id)).in_use).toBe(1);
    expect(await listWaiting(platform.store.table, dataset.account_id, processing.id)).toEqual([job.id]);
    await stop(job.id);
    expect(await listWaiting(platform.store.table, dataset.account_id, processing.id)).toEqual([]);
    expect((await getDataset(platform.store.table, dataset.account_id, processing.id)).in_use).toBe(0);
  });

  test('before the dataset is ready refuses at once what no dataset could make right', async () => {
    const processing = await uploaded(platform, token);
    const answer = await start({ dataset_id: processing.id, hyperparameters: { batch_size: 0 } });
    expect([answer.status, answer.body.details[0].field]).toEqual([400, 'hyperparameters.batch_size']);
    const monitor = { early_stopping: { enabled: true }, validation_split: 0 };
    expect((await start({ dataset_id: processing.id, ...monitor })).status).toBe(400);
  });

  test('with a dataset that has failed is a conflict, and with one of another account finds nothing', async () => {
    const processing = await uploaded(platform, token);
    await failed(platform, processing);
    const late = await start({ dataset_id: processing.id });
    expect(late.status).toBe(409);
    expect(late.body).toMatchObject({ details: [{ field: 'target' }] });
    const stranger = await platform.login(`stranger-${'x'.repeat(people)}`);
    expect((await start({}, stranger)).status).toBe(404);
  });

  test('refuses a sixth job while five are active, and accepts one again after a stop', async () => {
    const jobs = await Promise.all(Array.from({ length: 8 }, () => start({})));
    const taken = jobs.filter(({ status }) => status === 201);
    expect(taken).toHaveLength(5);
    const refused = jobs.find(({ status }) => status === 429);
    expect(refused?.body).toMatchObject({ error: 'rate_limit_exceeded', retry_after: 60 });
    expect(refused?.body.message).toContain('At most 5 training jobs');
    await stop(taken[0]!.body.job_id);
    expect((await start({})).status).toBe(201);
  });

  test('of a regression cannot monitor accuracy', async () => {
    const { classes: _, ...profile } = PROFILE;
    dataset = await ready(platform, await uploaded(platform, token), { ...profile, task: 'regression' });
    const answer = await start({ early_stopping: { enabled: true, monitor: 'val_accuracy' } });
    expect(answer.body.details[0].message).toBe(
      'must be val_loss or loss or rmse or mae or r2 or val_rmse or val_mae or val_r2 or val_mape or val_rmspe for regression with validation_split 0.2; got val_accuracy',
    );
    expect((await start({})).status).toBe(201);
  });
});

test('a training can start from a model of the same type, which cannot be deleted meanwhile', async () => {
  const first = await start({});
  const job = await running(platform, dataset.account_id, first.body.job_id);
  const model = await completed(platform, job, Buffer.from('model'));
  const without = await start({ start_from: model.id });
  expect(without.body.details).toEqual([
    {
      field: 'start_from',
      message: expect.stringMatching(/^must be a model with model.safetensors or model.pth; it has/),
    },
  ]);
  const other = await start({ start_from: model.id, model_type: 'linear' });
  expect(other.body.details[0].message).toBe(
    'must be a model of type linear, or a file of weights; got one of type mlp',
  );
  const artifacts = [...model.artifacts, { file: 'model.pth', size: 1, sha256: 'a' }];
  await platform.store.table.update(keys.model(model.account_id, model.id), { set: { artifacts } });
  const { status: code, body } = await start({ start_from: model.id, cv: 3 });
  expect(code).toBe(201);
  expect(await getJob(platform.store.table, dataset.account_id, body.job_id)).toMatchObject({
    ...{ parent_id: model.id, cv: 3 },
  });
  expect((await platform.call({ method: 'DELETE', path: `/models/${model.id}`, token })).status).toBe(409);
  expect((await start({ start_from: newId(0) })).status).toBe(404);
});

describe('weights of three channels', () => {
  /** Of grey images of 8 by 8 pixels. */
  const IMAGES: DatasetProfile = {
    ...PROFILE,
    ...{ kind: 'image', columns: [], features: [] },
    images: {
      source: 'folders',
      formats: { png: 100 },
      width: { min: 8, max: 8 },
      height: { min: 8, max: 8 },
      channels: 1,
    },
  };
  const SHAPE = { input: [3, 8, 8], outputs: 5 };

  /** A file of weights of a small network, as another program wrote it. */
  async function weights(file: 'model.pth' | 'model.safetensors', change = (state: Tensors) => state) {
    const h = smallCnn.hyperparameters.parse({ channels: [4] });
    const network = smallCnn.network(SHAPE, h);
    const state = change(smallCnn.torchModule!(SHAPE, h).state(initialParameters(network, 1)));
    const bytes = Buffer.concat(file === 'model.pth' ? writeTorch(state) : writeSafetensors(state));
    const first = await start({});
    const model = await completed(
      platform,
      await running(platform, dataset.account_id, first.body.job_id),
      Buffer.from('model'),
      { model_type: 'weights', artifacts: [{ file, size: bytes.length, sha256: 'a' }] },
    );
    await platform.store.blobs.artifacts.put(blobKeys.modelFile(model.account_id, model.id, file), bytes);
    return model.id;
  }

  const onImages = async (json: object, path = '/training/start') => {
    const images = await ready(platform, await uploaded(platform, token, 'Images'), IMAGES);
    const of = { dataset_id: images.id, model_type: 'small-cnn', ...json };
    return platform.call({ method: 'POST', path, token, json: of });
  };

  test.each(['model.pth', 'model.safetensors'] as const)('in %s are refused where one is asked for', async (file) => {
    const start_from = await weights(file);
    const fits = await onImages({ start_from, hyperparameters: { channels: [4] } });
    expect(fits.status).toBe(201);
    const refused = await onImages({ start_from, hyperparameters: { channels: [4], image_channels: 1 } });
    expect(refused.body.details).toEqual([
      {
        field: 'start_from',
        message:
          "for these hyperparameters, its weights must have 'blocks.0.conv1.weight' with the shape [4, 1, 3, 3]; got [4, 3, 3, 3]",
      },
    ]);
    const sweep = { start_from, method: 'grid', hyperparameters: { channels: [4] } };
    const swept = await onImages({ ...sweep, space: { image_channels: [3, 1] } }, '/training/sweeps');
    expect(swept.body.details).toEqual(refused.body.details);
  });

  test('are refused by the first tensor that is missing or too many', async () => {
    const without = await weights('model.safetensors', ({ 'blocks.0.bn2.bias': _, ...state }) => state);
    const hyperparameters = { channels: [4] };
    expect((await onImages({ start_from: without, hyperparameters })).body.details[0].message).toBe(
      "for these hyperparameters, its weights must have a tensor 'blocks.0.bn2.bias' [4]",
    );
    const more = await weights('model.safetensors', (state) => ({
      ...state,
      other: tensor('float32', [1], new Float32Array(1)),
    }));
    expect((await onImages({ start_from: more, hyperparameters })).body.details[0].message).toBe(
      "for these hyperparameters, its weights must not have the tensor 'other', which the network has not",
    );
  });

  test('are for the training to refuse while nobody has read the images, or where the file is damaged', async () => {
    const start_from = await weights('model.safetensors');
    const unread = await uploaded(platform, token, 'Unread');
    const hyperparameters = { channels: [4], image_channels: 1 };
    const of = { start_from, hyperparameters, model_type: 'small-cnn' };
    expect((await start({ ...of, dataset_id: unread.id })).status).toBe(201);
    const { artifacts } = await getModel(platform.store.table, dataset.account_id, start_from);
    await platform.store.blobs.artifacts.put(
      blobKeys.modelFile(dataset.account_id, start_from, 'model.safetensors'),
      Buffer.alloc(artifacts[0]!.size),
    );
    expect((await onImages({ start_from, hyperparameters })).status).toBe(201);
  });
});

describe('a job', () => {
  const started = async () => (await start({ hyperparameters: { epochs: 2 } })).body.job_id as string;

  test('shows its status while it is queued, runs and has completed', async () => {
    const id = await started();
    expect((await status(id)).body).toEqual({
      job_id: id,
      status: 'queued',
      progress: 0,
      current_epoch: 0,
      total_epochs: 2,
      metrics: {},
      started_at: null,
      elapsed_time: 0,
      eta: expect.any(Number),
      compute_seconds: 0,
      estimated_cost: 0,
    });
    expect((await results(id)).body.message).toContain('still queued');
    const begin = platform.clock.now;
    const job = await running(platform, dataset.account_id, id);
    platform.clock.now += 2500;
    await reportProgress(
      platform.store.table,
      job,
      { current_epoch: 1, progress: 50, metrics: { loss: 0.5 }, compute_seconds: 1, estimated_cost: 0.001 },
      'now',
    );
    expect((await status(id)).body).toMatchObject({
      status: 'running',
      progress: 50,
      current_epoch: 1,
      metrics: { loss: 0.5 },
      device: 'cpu',
      started_at: new Date(begin).toISOString(),
      elapsed_time: 2.5,
      eta: 1,
      compute_seconds: 1,
      estimated_cost: 0.001,
    });
    expect((await results(id)).body.message).toContain('still running');
    const model = await completed(platform, job, Buffer.from('onnx'));
    platform.clock.now += 60_000;
    expect((await status(id)).body).toMatchObject({ status: 'completed', progress: 100, elapsed_time: 2.5, eta: null });
    expect((await results(id)).body).toEqual({
      job_id: id,
      status: 'completed',
      model_id: model.id,
      final_metrics: { train_loss: 0.1, train_accuracy: 0.95, val_loss: 0.2, val_accuracy: 0.9 },
      training_history: { loss: [0.9, 0.5], accuracy: [0.6, 0.8] },
      duration: 2.5,
      completed_at: new Date(begin + 2500).toISOString(),
      dataset_version: expect.any(Number),
      evaluation: null,
      warnings: [],
      compute_seconds: 7.5,
      estimated_cost: 0.0075,
    });
    const late = await stop(id);
    expect([late.status, late.body.message]).toEqual([409, `Training job ${id} cannot be stopped: it is completed`]);
  });

  test('is polled by its ETag: 304 until something but the time has changed', async () => {
    const id = await started();
    const poll = (tag: string) =>
      platform.call({ path: `/training/status/${id}`, token, headers: { 'If-None-Match': tag } });
    const tag = (await status(id)).headers.ETag!;
    platform.clock.now += 1000;
    for (const known of [tag, tag.slice(2), `"other", ${tag}`, '*']) {
      const answer = await poll(known);
      expect([answer.status, answer.text, answer.headers.ETag]).toEqual([304, '', tag]);
    }
    expect((await poll('"other"')).status).toBe(200);
    await running(platform, dataset.account_id, id);
    const changed = await poll(tag);
    expect([changed.status, changed.body.status]).toEqual([200, 'running']);
    expect(changed.headers.ETag).not.toBe(tag);
  });

  test('shows its log by cursor, also what is written after the last line', async () => {
    const id = await started();
    const job = await running(platform, dataset.account_id, id);
    const read = (query = {}) => platform.call({ path: `/training/logs/${id}`, token, query });
    expect((await read()).body).toMatchObject({ job_id: id, status: 'running', lines: [] });
    const write = (chunk: number, ...messages: string[]) => {
      const lines = messages.map((message) => lineOf('INFO', message, platform.clock.now));
      return appendLog(platform.store.table, job, { attempt: 1, run: 1, chunk }, lines, platform.clock.now);
    };
    await write(1, 'a', 'b', 'c');
    const first = await read({ limit: '2' });
    expect(first.body.lines).toEqual(
      ['a', 'b'].map((message) => ({ level: 'INFO', message, time: new Date(platform.clock.now).toISOString() })),
    );
    const second = await read({ cursor: first.body.next_cursor });
    expect(second.body.lines).toMatchObject([{ message: 'c' }]);
    const none = await read({ cursor: second.body.next_cursor });
    expect(none.body).toMatchObject({ lines: [], next_cursor: second.body.next_cursor });
    await write(2, 'd');
    expect((await read({ cursor: none.body.next_cursor })).body.lines).toMatchObject([{ message: 'd' }]);
    const wrong = await read({ cursor: 'abc' });
    expect([wrong.status, wrong.body.details[0].field]).toEqual([400, 'cursor']);
    const stranger = await platform.login(`reader-${'x'.repeat(people)}`);
    expect((await platform.call({ path: `/training/logs/${id}`, token: stranger })).status).toBe(404);
  });

  test('that has failed says why', async () => {
    const id = await started();
    const job = await running(platform, dataset.account_id, id);
    await failJob(
      platform.store.table,
      job,
      'the loss became infinite in epoch 3',
      new Date(platform.clock.now).toISOString(),
    );
    expect((await status(id)).body).toMatchObject({ status: 'failed', error: 'the loss became infinite in epoch 3' });
    const answer = await results(id);
    expect(answer.status).toBe(409);
    expect(answer.body.message).toBe(`Training job ${id} has failed: the loss became infinite in epoch 3`);
  });

  test('is stopped while queued or running, once, and its task with it', async () => {
    const terminated: string[] = [];
    const watched = await openPlatform({}, () => ({
      ...platform.store,
      compute: { ...platform.store.compute, terminate: async (id) => void terminated.push(id) },
    }));
    const queued = await started();
    expect((await stop(queued)).body).toEqual({
      job_id: queued,
      status: 'stopped',
      message: 'Training job stopped successfully',
    });
    expect((await stop(queued)).status).toBe(409);
    const id = await started();
    await running(platform, dataset.account_id, id);
    const answer = await watched.call({ method: 'POST', path: `/training/stop/${id}`, token });
    expect(answer.status).toBe(200);
    expect(terminated).toEqual([`${id}-1`]);
    expect((await results(id)).body.message).toBe(`Training job ${id} was stopped`);
    await watched.close();
  });

  test('is stopped with or without a body, and its event is published', async () => {
    for (const body of [{}, { raw: '' }, { json: {} }, { json: { keep_best: false } }]) {
      const id = await started();
      const answer = await platform.call({ method: 'POST', path: `/training/stop/${id}`, token, ...body });
      expect([answer.status, answer.body.status]).toEqual([200, 'stopped']);
      const published = await platform.store.queuesByName.get('bus')!.receive({ max: 10 });
      expect(published.map(({ body: event }) => event).join()).toContain(`"detail-type":"training.stopped"`);
      expect(published.map(({ body: event }) => event).join()).toContain(id);
      for (const { receipt } of published) await platform.store.queuesByName.get('bus')!.acknowledge(receipt);
    }
    const refused = await platform.call({
      method: 'POST',
      path: `/training/stop/${await started()}`,
      token,
      json: { keep: true },
    });
    expect([refused.status, refused.body.details[0].field]).toEqual([400, 'keep']);
  });

  test('that has begun can be stopped with the best weights so far: its trainer is to complete it', async () => {
    const keep = (id: string) =>
      platform.call({ method: 'POST', path: `/training/stop/${id}`, token, json: { keep_best: true } });
    const waiting = await started();
    expect((await keep(waiting)).body).toMatchObject({ status: 'stopped' });
    const id = await started();
    const job = await running(platform, dataset.account_id, id);
    for (let i = 0; i < 2; i++) {
      const answer = await keep(id);
      expect([answer.status, answer.body.status]).toEqual([200, 'stopping']);
    }
    expect((await status(id)).body).toMatchObject({ status: 'running', stopping: true });
    await completed(platform, job, Buffer.from('onnx'));
    expect((await status(id)).body).not.toHaveProperty('stopping');
    expect((await keep(id)).status).toBe(409);
  });

  test('that divides the rows in a way of its own is refused where a column divides them', async () => {
    const [first, ...others] = PROFILE.columns;
    const grouped = { ...PROFILE, columns: [{ ...first!, role: 'group' as const }, ...others] };
    dataset = await ready(platform, await uploaded(platform, token, 'Grouped'), grouped);
    const { status, body } = await start({ split: 'stratified' });
    expect([status, body.details]).toEqual([
      400,
      [
        {
          field: 'split',
          message: `must be left out: the column "${first!.name}", which has the role group, divides the rows; got stratified`,
        },
      ],
    ]);
  });

  test('that has ended is started again with the same request, as a job of its own', async () => {
    const restart = (id: string) => platform.call({ method: 'POST', path: `/training/restart/${id}`, token });
    const request = {
      hyperparameters: { epochs: 7, learning_rate: 0.5 },
      validation_split: 0.3,
      test_split: 0.6,
      early_stopping: { enabled: true, patience: 4 },
      compute: 'cpu',
      name: 'Antarctic',
      max_seconds: 60,
      max_cost: 0.5,
      split: 'random',
    };
    const id = (await start(request)).body.job_id;
    const early = await restart(id);
    expect([early.status, early.body.message]).toEqual([
      409,
      `Training job ${id} cannot be started again: it is queued`,
    ]);
    await stop(id);
    await messages();
    const again = await restart(id);
    expect(again.status).toBe(201);
    const [old, created] = await Promise.all(
      [id, again.body.job_id].map((one) => getJob(platform.store.table, dataset.account_id, one)),
    );
    const { id: _, ended_at: __, ...same } = old!;
    expect(created).toEqual({ ...same, id: again.body.job_id, status: 'queued' });
    expect(created).toMatchObject({
      test_split: 0.6,
      max_seconds: 60,
      max_cost: 0.5,
      split: 'random',
      compute: 'cpu',
      model_name: 'Antarctic',
    });
    expect(await messages()).toEqual([{ account_id: dataset.account_id, job_id: created!.id }]);
    const stranger = await platform.login(`again-${'x'.repeat(people)}`);
    expect((await platform.call({ method: 'POST', path: `/training/restart/${id}`, token: stranger })).status).toBe(
      404,
    );
  });

  test('of another account does not exist', async () => {
    const id = await started();
    const stranger = await platform.login(`other-${'x'.repeat(people)}`);
    for (const [method, path] of [
      ['GET', `/training/status/${id}`],
      ['GET', `/training/results/${id}`],
      ['POST', `/training/stop/${id}`],
    ] as const) {
      expect((await platform.call({ method, path, token: stranger })).status).toBe(404);
    }
    expect((await status(id)).body.status).toBe('queued');
  });
});
