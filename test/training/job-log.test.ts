import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findModel } from '#domain/models/read.ts';
import { failJob } from '#domain/training/endings.ts';
import { LOG_BOUNDS, readLog } from '#domain/training/logs.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { JobLog } from '#training/job-log.ts';
import { runJob, type TrainerAdapters } from '#training/run-job.ts';
import { replacing } from '../functions/events/world.ts';
import { openTrainerWorld, type TrainerWorld } from './world.ts';

let world: TrainerWorld;
beforeEach(async () => {
  world = await openTrainerWorld();
});
afterEach(() => world.close());

const run = (job: Job, adapters: TrainerAdapters = world.adapters) =>
  runJob(adapters, { accountId: job.account_id, jobId: job.id, attempt: job.attempt }, { log: () => {} });
const messages = async (id: string): Promise<string[]> =>
  (await readLog(world.adapters.table, { account_id: world.accountId, id }, { limit: 1000 })).lines.map(
    ({ message }) => message,
  );

test('a trainer tells what it runs on, its epochs and what became of them', async () => {
  await run(await world.queue('j'));
  const lines = await messages('j');
  expect(lines[0]).toMatch(/^device, device cpu/);
  expect(lines[1]).toBe('training begins: attempt 1, run 1');
  expect(lines.at(-2)).toMatch(/^epoch 10 of 10: loss [\d.]+, accuracy [\d.]+, val_loss/);
  expect(lines.at(-1)).toMatch(/^trained 10 epochs; the best is epoch \d+$/);
});

test('a trainer tells what was decided about the data, and so does its model', async () => {
  const content = readFileSync('test/fixtures/tables/class-none.csv', 'utf8');
  await run(await world.queue('j', { content, target: 'severity', more: { dataset_version: 3 } }));
  expect(await messages('j')).toContain(
    'class_like_missing: column "severity": The class "none" is a word that often means "no value"; it was taken for a class. If it means "no value", the model learns to predict that',
  );
  const { model_id } = (await findJob(world.adapters.table, world.accountId, 'j'))!;
  const model = await findModel(world.adapters.table, world.accountId, model_id!);
  expect(model).toMatchObject({ dataset_version: 3, warnings: [{ code: 'class_like_missing', column: 'severity' }] });
  expect(model!.training_config.split).toEqual({
    by: 'stratified',
    seed: 0,
    rows: { training: 240, validation: 60, test: 0 },
  });
});

test('a job whose end can be seen has all its lines', async () => {
  const seen: string[][] = [];
  const { table } = world.adapters;
  const watched = replacing(table, {
    async transact(writes, token) {
      const ends = writes.some((write) => write.kind === 'update' && write.change.set?.ended_at !== undefined);
      if (ends) seen.push(await messages('j'));
      await table.transact(writes, token);
    },
  });
  const job = await world.queue('j', { hyperparameters: { learning_rate: 1, optimizer: 'sgd', epochs: 3 } });
  await run(job, { ...world.adapters, table: watched });
  expect(seen).toEqual([await messages('j')]);
});

test('a crash leaves a line without its cause, which is for the operator', async () => {
  const { blobs } = world.adapters;
  const datasets = replacing(blobs.datasets, { get: () => Promise.reject(new Error('arn:aws:s3:::secret')) });
  const job = await world.queue('j');
  await expect(run(job, { ...world.adapters, blobs: { ...blobs, datasets } })).rejects.toThrow('secret');
  const lines = await messages('j');
  expect(lines.at(-1)).toBe('the trainer crashed');
  expect(lines.join()).not.toContain('secret');
});

test('a log that cannot be written costs its lines and not the training', async () => {
  const { table: whole } = world.adapters;
  const table = replacing(whole, {
    async put(item, condition) {
      if (item.pk.endsWith('#LOGS')) throw new Error('away');
      await whole.put(item, condition);
    },
  });
  expect(await run(await world.queue('j'), { ...world.adapters, table })).toBe('completed');
  expect(await messages('j')).toEqual([]);
});

test('a trainer whose job is no longer its own writes nothing', async () => {
  const job = await world.queue('j');
  await failJob(world.adapters.table, job, 'why', new Date(world.clock.now).toISOString());
  expect(await run(job)).toBe('ended');
  expect(await messages('j')).toEqual([]);
});

test('is bounded: a run keeps its last chunks, and a line its beginning', async () => {
  const log = new JobLog(world.adapters, { accountId: world.accountId, jobId: 'k', attempt: 1, run: 1 }, () => {});
  for (let i = 1; i <= LOG_BOUNDS.chunksPerRun + 2; i++) {
    log.tell('INFO', `${i} ${'x'.repeat(5000)}`);
    await log.flush();
  }
  const lines = await messages('k');
  expect(lines).toHaveLength(LOG_BOUNDS.chunksPerRun);
  expect(lines[0]).toMatch(/^3 x+…$/);
  expect(Buffer.byteLength(lines[0]!)).toBeLessThanOrEqual(LOG_BOUNDS.lineBytes);
  expect(await findJob(world.adapters.table, world.accountId, 'k')).toBeUndefined();
  world.clock.now += (LOG_BOUNDS.days + 1) * 86_400_000;
  expect(await messages('k')).toEqual([]);
});
