/** A training that ends before its last epoch with a model: its owner or its budget says so. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { findModel } from '#domain/models/read.ts';
import { requestKeepBest } from '#domain/training/endings.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { runJob, type TrainerAdapters } from '#training/run-job.ts';
import { replacing } from '../functions/events/world.ts';
import { openTrainerWorld, type TrainerWorld } from './world.ts';

let world: TrainerWorld;
beforeEach(async () => {
  world = await openTrainerWorld();
});
afterEach(() => world.close());

const LONG = { hyperparameters: { epochs: 10_000, learning_rate: 0.001 } };
const run = (job: Job, adapters: TrainerAdapters, dollarsPerSecond = 0) =>
  runJob(
    adapters,
    { accountId: job.account_id, jobId: job.id, attempt: job.attempt },
    { log: () => {}, dollarsPerSecond },
  );
const find = async (): Promise<Job> => (await findJob(world.adapters.table, world.accountId, 'j'))!;

/** The clock advances by a second with every call, so that every report is due. */
const hurried = (): TrainerAdapters => ({ ...world.adapters, now: () => (world.clock.now += 1000) });

/** Its trainer's owner asks for the best weights once it has reported so often. */
function asking(adapters: TrainerAdapters, after: number): TrainerAdapters {
  let updates = 0;
  const table = replacing(adapters.table, {
    update: async (...args: Parameters<typeof adapters.table.update>) => {
      updates++;
      if (updates === after) expect(await requestKeepBest(world.adapters.table, await find())).toBe(true);
      return world.adapters.table.update(...args);
    },
  });
  return { ...adapters, table };
}

async function expectModel(reason: Job['stop_reason']): Promise<Job> {
  const job = await find();
  expect(job).toMatchObject({ status: 'completed', stop_reason: reason, progress: 100 });
  expect(job.current_epoch).toBeLessThan(10_000);
  const model = await findModel(world.adapters.table, world.accountId, job.model_id!);
  expect(Object.values(model!.performance).every(Number.isFinite)).toBe(true);
  const history = (await world.artifact(blobKeys.jobHistory(world.accountId, 'j'))) as Record<string, number[]>;
  expect(history.loss?.length ?? 0).toBe(job.current_epoch);
  const published = (await world.events()).map((event) => event['detail-type']);
  expect(published).toContain('training.completed');
  return job;
}

test('its owner asks for the best weights so far', async () => {
  expect(await run(await world.queue('j', LONG), asking(hurried(), 20))).toBe('completed');
  expect((await expectModel('owner')).current_epoch).toBeGreaterThan(0);
});

test('the next trainer does what the lost one was asked', async () => {
  const job = await world.queue('j', LONG);
  const { artifacts } = world.adapters.blobs;
  const broken = replacing(artifacts, {
    put: (...args: Parameters<typeof artifacts.put>) =>
      args[0].includes('/models/') ? Promise.reject(new Error('killed')) : artifacts.put(...args),
  });
  const adapters = asking({ ...hurried(), blobs: { ...world.adapters.blobs, artifacts: broken } }, 20);
  await expect(run(job, adapters)).rejects.toThrow('killed');
  const { current_epoch } = await find();
  expect(await run(await world.begin('j'), hurried())).toBe('completed');
  const { current_epoch: after } = await expectModel('owner');
  expect(after).toBeGreaterThan(0);
  expect(after - current_epoch).toBeLessThan(3);
});

describe('a budget', () => {
  test('of seconds', async () => {
    const job = await world.queue('j', { ...LONG, more: { max_seconds: 200 } });
    expect(await run(job, hurried())).toBe('completed');
    expect((await expectModel('max_seconds')).compute_seconds).toBeLessThan(260);
  });

  test('of dollars', async () => {
    const job = await world.queue('j', { ...LONG, more: { max_cost: 2 } });
    expect(await run(job, hurried(), 0.01)).toBe('completed');
    expect((await expectModel('max_cost')).estimated_cost).toBeLessThan(2.6);
  });

  test('counts what earlier trainers of the job used', async () => {
    const job = await world.queue('j', { ...LONG, more: { max_seconds: 1000, compute_seconds: 990 } });
    expect(await run(job, hurried())).toBe('completed');
    expect((await expectModel('max_seconds')).compute_seconds).toBeLessThan(1060);
  });

  test('that is not used up changes nothing', async () => {
    const job = await world.queue('j', { more: { max_seconds: 1e6, max_cost: 1 } });
    expect(await run(job, world.adapters)).toBe('completed');
    const ended = await find();
    expect(ended.current_epoch).toBe(10);
    expect(ended).not.toHaveProperty('stop_reason');
  });
});

test('early stopping is a reason as well', async () => {
  const early_stopping = { enabled: true, patience: 1, monitor: 'val_loss' as const };
  const job = await world.queue('j', {
    hyperparameters: { epochs: 500, learning_rate: 0.3 },
    more: { early_stopping },
  });
  expect(await run(job, world.adapters)).toBe('completed');
  await expectModel('early_stopping');
});
