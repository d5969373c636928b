import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findAccount } from '#domain/accounts/read.ts';
import { findDataset } from '#domain/datasets/read.ts';
import { isoTime } from '#domain/times.ts';
import { stopJob } from '#domain/training/endings.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { listWaiting } from '#domain/training/waiting.ts';
import { makeHandler as makeDispatch } from '#functions/events/dispatch-training.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { MINUTE, settings } from './job-world.ts';
import { readDataset } from './reader.ts';
import { batchOf } from './sqs.ts';
import { openWorld, replacing, silent, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const GOOD = 'a,y\n1,x\n2,z\n3,x\n';
const message = (job_id = 'j') => ({ account_id: world.accountId, job_id });
const job = async (id = 'j'): Promise<Job> => (await findJob(world.adapters.table, world.accountId, id))!;
const process = (adapters = world.adapters) =>
  readDataset(permitted('process-dataset', adapters), [world.accountId, 'd']);
/** Handles what is in the queue; returns how many messages failed. */
async function dispatch(messages: unknown[]): Promise<number> {
  const handler = makeDispatch(permitted('dispatch-training', world.adapters), { logger: silent, settings });
  return (await handler(batchOf(messages))).batchItemFailures.length;
}
const queue = (more: Partial<Job> = {}, id = 'j') =>
  world.queueJob(id, 'd', { awaits_dataset: true, task: 'regression', estimated_time: 99, total_epochs: 100, ...more });

async function isReleased(): Promise<void> {
  expect(await findAccount(world.adapters.table, world.accountId)).toMatchObject({ active_jobs: 0 });
  expect((await findDataset(world.adapters.table, world.accountId, 'd'))!.in_use).toBe(0);
  expect(await listWaiting(world.adapters.table, world.accountId, 'd')).toEqual([]);
}

test('a job waits while its dataset is processing, and is checked and begun once it is ready', async () => {
  await world.upload('d', GOOD);
  await queue();
  expect(await dispatch([message()])).toBe(0);
  expect(await job()).toMatchObject({ status: 'queued', attempt: 0, awaits_dataset: true });

  await process();
  const sent = await world.sent('training');
  expect(sent).toEqual([message()]);
  await dispatch(sent);
  const begun = await job();
  expect(begun).toMatchObject({ status: 'queued', attempt: 1, task: 'classification', total_epochs: 50 });
  expect(begun.estimated_time).toBeLessThan(99);
  expect(begun).not.toHaveProperty('awaits_dataset');
  expect(world.compute.submitted).toMatchObject([{ id: 'j-1' }]);
  expect(await listWaiting(world.adapters.table, world.accountId, 'd')).toEqual([]);

  await dispatch([message()]);
  expect(world.compute.submitted).toHaveLength(1);
});

test('all jobs that wait for a dataset get their messages', async () => {
  await world.upload('d', GOOD);
  await queue();
  await queue({}, 'k');
  await process();
  expect(await world.sent('training')).toEqual([message('j'), message('k')]);
});

test('a dataset that the sweep fails, because nobody read it for a day, wakes the jobs that wait for it', async () => {
  await world.upload('d', GOOD);
  world.clock.now += 24 * 60 * MINUTE - 1000;
  await queue();
  world.clock.now += 1000;
  const sweep = makeSweep(permitted('sweep', world.adapters), { logger: silent, settings });
  await sweep();
  const sent = await world.sent('training');
  expect(sent).toEqual([message()]);
  await dispatch(sent);
  expect(await job()).toMatchObject({
    status: 'failed',
    failure: 'Dataset d has failed: The file could not be processed within a day',
  });
  await isReleased();
});

test('a dataset that fails ends the job with the reason', async () => {
  await world.upload('d', 'a,y\n1\n');
  await queue();
  await process();
  await dispatch(await world.sent('training'));
  expect(await job()).toMatchObject({ status: 'failed', attempt: 0 });
  expect((await job()).failure).toMatch(/^Dataset d has failed: .*row 1 \(line 2\) must have 2 values/);
  expect((await world.events()).map((event) => event['detail-type'])).toContain('training.failed');
  await isReleased();
});

test('a dataset that does not fit the request ends the job with the reason', async () => {
  await world.upload('d', 'a,y\n1,1.5\n2,2.5\n3,3.5\n', { dataset_type: 'regression' });
  await queue({ early_stopping: { enabled: true, patience: 3, monitor: 'val_accuracy' } });
  await process();
  await dispatch(await world.sent('training'));
  expect((await job()).failure).toContain('early_stopping.monitor must be val_loss or loss or rmse');
  await isReleased();
});

test('a crash between the settled dataset and the message loses nothing: the redelivery sends it', async () => {
  await world.upload('d', GOOD);
  await queue();
  const { queues } = world.adapters;
  const training = replacing(queues.training, { send: () => Promise.reject(new Error('away')) });
  expect((await process({ ...world.adapters, queues: { ...queues, training } })).batchItemFailures).toHaveLength(1);
  expect((await findDataset(world.adapters.table, world.accountId, 'd'))!.status).toBe('ready');
  expect(await world.sent('training')).toEqual([]);
  await process();
  expect(await world.sent('training')).toEqual([message()]);
});

test('a message that was lost altogether is sent by the sweep', async () => {
  await world.upload('d', GOOD);
  await queue();
  await process();
  await world.sent('training');
  world.clock.now += 6 * MINUTE;
  await makeSweep(permitted('sweep', world.adapters), { logger: silent, settings })();
  const sent = await world.sent('training');
  expect(sent).toEqual([message()]);
  await dispatch(sent);
  expect(await job()).toMatchObject({ attempt: 1 });
});

test('a job that was stopped while it waited is not begun', async () => {
  await world.upload('d', GOOD);
  await queue();
  await stopJob(world.adapters.table, await job(), isoTime(world.clock.now));
  await isReleased();
  await process();
  expect(await world.sent('training')).toEqual([]);
  await dispatch([message()]);
  expect((await job()).status).toBe('stopped');
});
