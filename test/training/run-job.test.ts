import { createHash } from 'node:crypto';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findAccount } from '#domain/accounts/read.ts';
import { blobKeys } from '#domain/blob-keys.ts';
import { findDataset } from '#domain/datasets/read.ts';
import { findModel } from '#domain/models/read.ts';
import { dueOrphans } from '#domain/orphans.ts';
import { isoTime } from '#domain/times.ts';
import { stopJob } from '#domain/training/endings.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { decodeModel } from '#engine/onnx/proto.ts';
import { makePredictor } from '#learning/predictor.ts';
import { runJob, type TrainerAdapters } from '#training/run-job.ts';
import { replacing } from '../functions/events/world.ts';
import { openTrainerWorld, PENGUINS, type TrainerWorld } from './world.ts';

let world: TrainerWorld;
beforeEach(async () => {
  world = await openTrainerWorld();
});
afterEach(() => world.close());

const run = (job: Job, adapters: TrainerAdapters = world.adapters) =>
  runJob(adapters, { accountId: job.account_id, jobId: job.id, attempt: job.attempt }, { log: () => {} });
const find = async (id: string): Promise<Job> => (await findJob(world.adapters.table, world.accountId, id))!;

/** Adapters whose clock advances by a second with every call, so that every report is due. */
const hurried = (): TrainerAdapters => ({
  ...world.adapters,
  now: () => {
    world.clock.now += 1000;
    return world.clock.now;
  },
});

describe('a job that succeeds', () => {
  test('ends with a model that predicts, its files, its history and its events', async () => {
    expect(await run(await world.queue('j'))).toBe('completed');
    const job = await find('j');
    expect(job).toMatchObject({ status: 'completed', progress: 100, device: 'cpu' });
    const model = (await findModel(world.adapters.table, world.accountId, job.model_id!))!;
    expect(model).toMatchObject({ number: 1, version: '1.0.0', target: 'species', job_id: 'j' });
    expect(model.architecture).toMatchObject({ input_shape: [7], output_classes: 3 });
    expect(model.performance.accuracy).toBeGreaterThanOrEqual(0.97);
    expect(Object.keys(job.final_metrics!)).toEqual(['train_loss', 'train_accuracy', 'val_loss', 'val_accuracy']);

    const history = (await world.artifact(blobKeys.jobHistory(world.accountId, 'j'))) as Record<string, number[]>;
    expect(Object.keys(history)).toEqual(['loss', 'accuracy', 'val_loss', 'val_accuracy']);
    expect(history.loss).toHaveLength(10);
    const last = Object.fromEntries(Object.entries(history).map(([name, values]) => [name, values.at(-1)]));
    expect(job).toMatchObject({ current_epoch: 10, metrics: last });
    const { body } = await world.adapters.blobs.artifacts.get(
      blobKeys.modelFile(world.accountId, model.id, 'model-card.md'),
    );
    expect(await text(body)).toContain('predicting `species`');

    const predictor = makePredictor({ artifacts: world.adapters.blobs.artifacts });
    const [gentoo] = await predictor.predict(model, [['Biscoe', 46.1, 13.2, 211, 4500, 'female', 2007]]);
    expect(gentoo).toMatchObject({ class: 'Gentoo' });

    const published = (await world.events()).map((event) => event['detail-type']);
    expect(published.filter((type) => type !== 'training.progress')).toEqual([
      'training.started',
      'model.created',
      'training.completed',
    ]);
    expect(await world.unpublished()).toEqual([]);
    expect((await findAccount(world.adapters.table, world.accountId))!.active_jobs).toBe(0);
    expect((await findDataset(world.adapters.table, world.accountId, 'j-data'))!.in_use).toBe(0);
    expect(await dueOrphans(world.adapters.table, world.clock.now + 1e9, 10)).toEqual([
      { bucket: 'artifacts', prefix: blobKeys.checkpointPrefix(world.accountId, 'j') },
    ]);
  });

  test('ends with a model file that says how to call it and nothing of the job: that is in the record and the card', async () => {
    const job = await world.queue('job-of-penguins');
    await run(job);
    const model = (await findModel(world.adapters.table, world.accountId, (await find(job.id)).model_id!))!;
    const fileOf = async (name: string): Promise<Buffer> =>
      buffer((await world.adapters.blobs.artifacts.get(blobKeys.modelFile(world.accountId, model.id, name))).body);
    const sha256 = createHash('sha256').update(PENGUINS).digest('hex');

    const onnx = await fileOf('model.onnx');
    const { metadataProps } = decodeModel(onnx) as { metadataProps: { key: string; value: string }[] };
    expect(metadataProps).toEqual([{ key: 'serving', value: (await fileOf('serving.json')).toString() }]);
    for (const secret of [job.id, job.dataset_id, job.account_id, model.id, sha256, 'learning_rate'])
      expect([secret, onnx.includes(secret)]).toEqual([secret, false]);

    expect(model).toMatchObject({ job_id: job.id, dataset_id: job.dataset_id, hyperparameters: job.hyperparameters });
    expect(model.training_config).toMatchObject({ dataset_sha256: sha256, ...job.hyperparameters });
    const card = (await fileOf('model-card.md')).toString();
    for (const fact of [job.id, job.dataset_id, sha256, '| learning_rate | 0.01 |']) expect(card).toContain(fact);
  });

  test('publishes its progress once at every 10 %, and the accuracy at the end', async () => {
    await run(await world.queue('j'), hurried());
    const events = await world.events();
    const tenths = events
      .filter((event) => event['detail-type'] === 'training.progress')
      .map((event) => event.detail.progress);
    expect(tenths).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90]);
    const job = await find('j');
    expect(events.at(-1)).toMatchObject({
      'detail-type': 'training.completed',
      detail: { job_id: 'j', model_id: job.model_id, accuracy: job.final_metrics!.val_accuracy },
    });
  });

  test('can be a regression', async () => {
    await run(await world.queue('j', { target: 'body_mass_g', more: { task: 'regression' } }));
    const job = await find('j');
    expect(job.final_metrics!.val_r2).toBeGreaterThan(0.8);
    const model = (await findModel(world.adapters.table, world.accountId, job.model_id!))!;
    expect(model.architecture.output_classes).toBe(1);
    const predictor = makePredictor({ artifacts: world.adapters.blobs.artifacts });
    const [prediction] = await predictor.predict(model, [['Gentoo', 'Biscoe', 46.1, 13.2, 211, 'female', 2007]]);
    expect((prediction as { value: number }).value).toBeGreaterThan(4000);
    expect((prediction as { value: number }).value).toBeLessThan(5500);
  });
});

describe('if the bus is unavailable', () => {
  const silentBus = (): TrainerAdapters => ({
    ...hurried(),
    events: { publish: () => Promise.reject(new Error('away')) },
  });

  test('the job ends with its model, and its events stay in the outbox', async () => {
    const job = await world.queue('j');
    const of = { accountId: job.account_id, jobId: job.id, attempt: job.attempt };
    const lines: string[] = [];
    expect(await runJob(silentBus(), of, { log: (level, message) => void lines.push(`${level} ${message}`) })).toBe(
      'completed',
    );
    const left = 'WARN event left to the sweep';
    expect(lines.filter((line) => line.startsWith('WARN'))).toEqual([left, ...Array.from({ length: 11 }, () => left)]);
    const model_id = (await find('j')).model_id;
    const unpublished = await world.unpublished();
    const progress = unpublished.filter(({ type }) => type === 'training.progress');
    expect(progress).toHaveLength(9);
    const byType = (type: string) => unpublished.find((event) => event.type === type);
    expect(byType('training.started')).toMatchObject({ account: world.accountId, detail: { job_id: 'j' } });
    for (const type of ['model.created', 'training.completed']) {
      expect(byType(type)).toMatchObject({ detail: { job_id: 'j', model_id } });
    }
    expect(unpublished).toHaveLength(12);
  });

  test('a failure stays in the outbox', async () => {
    const job = await world.queue('j');
    const key = blobKeys.datasetFile(world.accountId, 'j-data');
    await world.adapters.blobs.datasets.put(key, Buffer.from(PENGUINS.replace('39.1', '39.2')));
    expect(await run(job, silentBus())).toBe('failed');
    const { failure } = await find('j');
    expect((await world.unpublished()).at(-1)).toMatchObject({ type: 'training.failed', detail: { error: failure } });
  });
});

describe('a job that cannot succeed', () => {
  test('fails with the reason, which is published', async () => {
    const job = await world.queue('j', {
      target: 'body_mass_g',
      hyperparameters: { learning_rate: 1, optimizer: 'sgd', epochs: 50, batch_size: 8 },
      more: { task: 'regression' },
    });
    const lines: (object | undefined)[] = [];
    const of = { accountId: job.account_id, jobId: job.id, attempt: job.attempt };
    const log = (_: string, __: string, more?: object) => void lines.push(more);
    expect(await runJob(world.adapters, of, { log })).toBe('failed');
    expect(lines.at(-1)).toEqual({ cause: expect.stringMatching(/in step \d+ \(step \d+ of its chunk\) over 8 rows/) });
    expect((await find('j')).failure).toMatch(
      /^The loss must be a finite number; it was not in epoch 1, step \d+ of 35/,
    );
    expect((await world.events()).map((event) => event['detail-type'])).toEqual([
      'training.started',
      'training.failed',
    ]);
    expect((await world.adapters.blobs.artifacts.list('')).blobs).toEqual([]);
  });

  test.each([
    ['a value', '39.1', '39.2', /backup$/],
    ['the end of a cell', 'Adelie,', 'Adelie;', /backup\. Reading it failed: .*8/],
  ])('fails if %s of the file was changed, and says first that it is damaged', async (_, from, to, message) => {
    const job = await world.queue('j');
    const key = blobKeys.datasetFile(world.accountId, 'j-data');
    const { body } = await world.adapters.blobs.datasets.get(key);
    await world.adapters.blobs.datasets.put(key, Buffer.from((await text(body)).replace(from, to)));
    expect(await run(job)).toBe('failed');
    const { failure } = await find('j');
    expect(failure).toMatch(/^The stored file is damaged \(SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}\)\. /);
    expect(failure).toMatch(message);
  });
});

describe('a job that is no longer the trainer’s', () => {
  test('is left alone by an earlier attempt', async () => {
    const first = await world.queue('j');
    await world.begin('j');
    expect(await run(first)).toBe('ended');
    expect(await find('j')).toMatchObject({ status: 'queued', attempt: 2 });
    expect(await world.events()).toEqual([]);
  });

  test('is not begun twice', async () => {
    const job = await world.queue('j');
    await run(job);
    expect(await run(job)).toBe('ended');
  });

  test('ends at the next report after it was stopped, and leaves nothing behind', async () => {
    const job = await world.queue('j', { hyperparameters: { epochs: 10_000 } });
    const adapters = hurried();
    let updates = 0;
    const table = replacing(adapters.table, {
      update: async (...args: Parameters<typeof adapters.table.update>) => {
        updates++;
        if (updates === 2) await stopJob(world.adapters.table, await find('j'), isoTime(world.clock.now));
        return world.adapters.table.update(...args);
      },
    });
    expect(await run(job, { ...adapters, table })).toBe('ended');
    expect(updates).toBe(2);
    expect((await find('j')).status).toBe('stopped');
    expect((await world.adapters.blobs.artifacts.list('')).blobs).toEqual([]);
  });

  test('deletes its files again if it was stopped at the very end', async () => {
    const job = await world.queue('j');
    const { artifacts } = world.adapters.blobs;
    const stopping = replacing(artifacts, {
      put: async (...args: Parameters<typeof artifacts.put>) => {
        await stopJob(world.adapters.table, await find('j'), isoTime(world.clock.now));
        return artifacts.put(...args);
      },
    });
    const adapters = { ...world.adapters, blobs: { ...world.adapters.blobs, artifacts: stopping } };
    expect(await run(job, adapters)).toBe('ended');
    expect((await find('j')).status).toBe('stopped');
    expect((await artifacts.list(`${world.accountId}/models/`)).blobs).toEqual([]);
  });
});

test('a second attempt after a crash trains the same model', async () => {
  await run(await world.queue('a'));
  const job = await world.queue('b');
  const { artifacts } = world.adapters.blobs;
  const broken = replacing(artifacts, { put: () => Promise.reject(new Error('killed')) });
  await expect(run(job, { ...world.adapters, blobs: { ...world.adapters.blobs, artifacts: broken } })).rejects.toThrow(
    'killed',
  );
  expect((await find('b')).status).toBe('running');
  expect(await run(await world.begin('b'))).toBe('completed');
  const starts = (await world.events()).filter((event) => event['detail-type'] === 'training.started');
  expect(starts.filter(({ detail }) => detail.job_id === 'b')).toHaveLength(1);
  const [a, b] = await Promise.all([find('a'), find('b')]);
  expect(b.final_metrics).toEqual(a.final_metrics);
});
