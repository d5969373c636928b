import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TaskRecords } from '#aws/compute/task-records.ts';
import { blobKeys } from '#domain/blob-keys.ts';
import { isoTime } from '#domain/times.ts';
import { taskId } from '#domain/training/attempts.ts';
import { stopJob } from '#domain/training/endings.ts';
import { findJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { makeHandler } from '#functions/training/run.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { runJob } from '#training/run-job.ts';
import { openTrainerWorld, type TrainerWorld } from '../../training/world.ts';
import { replacing, silent } from '../events/world.ts';

const FOREVER = { hyperparameters: { epochs: 10_000, learning_rate: 1e-6 } };
const MINUTES = 900_000;

let world: TrainerWorld;
let records: TaskRecords;
beforeEach(async () => {
  world = await openTrainerWorld();
  records = new TaskRecords(world.adapters.table, world.adapters.now);
});
afterEach(() => world.close());

const job = async (): Promise<Job> => (await findJob(world.adapters.table, world.accountId, 'j'))!;

/** As Compute does it: recorded, then invoked. */
async function claim({ id, account_id, attempt }: Job) {
  const task = taskId({ id, attempt });
  await records.claim({ id: task, accountId: account_id, jobId: id, attempt, timeoutSeconds: 60, target: 'function' });
  return { task, account_id, job_id: id, attempt };
}

const run = (event: object, remaining = MINUTES, adapters = world.adapters) =>
  makeHandler(permitted('run-training', adapters), { logger: silent, settings: { trainerSecondPrice: 0.01 } })(event, {
    getRemainingTimeInMillis: () => remaining,
  });

const stopped = async () =>
  (await world.events()).filter((event) => event['detail-type'] === 'compute.stopped').map(({ detail }) => detail);

test('trains the job and publishes the task’s end', async () => {
  const event = await claim(await world.queue('j'));
  await run(event, MINUTES, { ...world.adapters, now: () => ++world.clock.now });
  const { status, compute_seconds, estimated_cost } = await job();
  expect([status, compute_seconds > 0]).toEqual(['completed', true]);
  expect(estimated_cost).toBeCloseTo(0.01 * compute_seconds, 9);
  expect(await stopped()).toEqual([{ ...event, exit_code: 0, reason: 'completed' }]);
  expect(await records.find('j-1')).toMatchObject({ exit_code: 0 });
});

test('an invocation that is delivered twice trains once and publishes once', async () => {
  const event = await claim(await world.queue('j'));
  await Promise.all([run(event), run(event)]);
  await run(event);
  expect(await stopped()).toHaveLength(1);
});

test('a task that was never submitted, or is to stop, is not begun', async () => {
  const event = await claim(await world.queue('j'));
  await run({ ...event, task: 'unknown' });
  await records.stop(event.task, 'stopped by its user');
  await run(event);
  expect((await job()).status).toBe('queued');
  expect(await stopped()).toEqual([]);
});

test('before its time limit it saves a checkpoint and reports an interruption; a container resumes', async () => {
  const event = await claim(await world.queue('j', FOREVER));
  // The last twenty seconds of these are reserved for ending.
  await run(event, 20_300);
  expect(await stopped()).toMatchObject([{ exit_code: null, reason: 'the time limit of the training function' }]);
  expect((await job()).status).toBe('running');
  const { artifacts } = world.adapters.blobs;
  expect(await artifacts.head(blobKeys.checkpoint(world.accountId, 'j'))).toBeDefined();
  const lines: string[] = [];
  const { id: jobId, attempt } = await world.begin('j');
  const of = { accountId: world.accountId, jobId, attempt };
  const signal = AbortSignal.timeout(300);
  await runJob(world.adapters, of, { signal, log: (_, message) => lines.push(message) });
  expect(lines).toContain('resumed');
});

test('a job that was stopped ends it without an error', async () => {
  const queued = await world.queue('j', FOREVER);
  const running = run(await claim(queued));
  const unwatch = world.watch(async () => {
    if ((await job()).status !== 'running') return;
    unwatch();
    await stopJob(world.adapters.table, await job(), isoTime(world.adapters.now()));
  });
  await running;
  expect((await job()).status).toBe('stopped');
  expect(await stopped()).toMatchObject([{ exit_code: 0 }]);
});

test('a crash is reported with exit code 1', async () => {
  const event = await claim(await world.queue('j'));
  const { datasets } = world.adapters.blobs;
  const broken = replacing(datasets, { get: () => Promise.reject(new Error('no such file')) });
  await run(event, MINUTES, { ...world.adapters, blobs: { ...world.adapters.blobs, datasets: broken } });
  expect(await stopped()).toMatchObject([{ exit_code: 1, reason: 'failed' }]);
});
