import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventBridgeEvent } from 'aws-lambda';
import { findAccount } from '#domain/accounts.ts';
import { findDataset } from '#domain/datasets.ts';
import { noteGarbage } from '#domain/garbage.ts';
import { failJob, findJob, type Job, MAX_ATTEMPTS, startJob, stopJob, taskId } from '#domain/jobs.ts';
import { isoTime } from '#domain/times.ts';
import { makeHandler as makeDispatch } from '#functions/events/dispatch-training.ts';
import { makeHandler as makeProcess } from '#functions/events/process-dataset.ts';
import { makeHandler as makeSettle } from '#functions/events/settle-training.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { parseSettings } from '#functions/settings.ts';
import { batchOf } from './sqs.ts';
import { openWorld, replacing, silent, type World } from './world.ts';

const MINUTE = 60_000;
const settings = parseSettings({});

let world: World;
beforeEach(async () => {
  world = await openWorld();
  await world.upload('d', 'a,y\n1,x\n2,z\n3,x\n');
  await makeProcess(world.adapters, { logger: silent })(batchOf([{ account_id: world.accountId, dataset_id: 'd' }]));
  await world.queueJob('j', 'd');
  await world.events();
});
afterEach(() => world.close());

const message = () => ({ account_id: world.accountId, job_id: 'j' });
const dispatch = () => makeDispatch(world.adapters, { logger: silent, settings })(batchOf([message()]));
const sweep = () => makeSweep(world.adapters, { logger: silent })();
const job = async (): Promise<Job> => (await findJob(world.adapters.table, world.accountId, 'j'))!;
const start = async () => startJob(world.adapters.table, await job(), 'cpu', isoTime(world.clock.now));

function settle(stopped: { attempt?: number; exit_code?: number | null; reason?: string } = {}): Promise<void> {
  const attempt = stopped.attempt ?? 1;
  const detail = { job_id: 'j', exit_code: null, reason: 'killed by SIGKILL', ...stopped, attempt };
  const event: EventBridgeEvent<string, unknown> = {
    version: '0',
    id: 'event',
    'detail-type': 'compute.stopped',
    source: 'trainyard',
    account: world.accountId,
    time: isoTime(world.clock.now),
    region: 'local',
    resources: [],
    detail: { ...detail, task: `j-${attempt}` },
  };
  return makeSettle(world.adapters, { logger: silent })(event);
}

/** Lets attempts be lost until `attempt` is the one that runs. */
async function reachAttempt(attempt: number): Promise<void> {
  for (let i = 1; i <= attempt; i++) {
    await dispatch();
    await start();
    if (i < attempt) {
      world.compute.states.set(taskId(await job()), 'failed');
      await settle({ attempt: i });
    }
  }
  await world.sent('training');
}

describe('dispatching', () => {
  test('begins the first attempt and submits it', async () => {
    expect(await dispatch()).toEqual({ batchItemFailures: [] });
    expect(await job()).toMatchObject({ status: 'queued', attempt: 1 });
    expect(world.compute.submitted).toMatchObject([{ id: 'j-1', jobId: 'j', accountId: world.accountId, attempt: 1 }]);
  });

  test('gives a small job to a function, and to a container what is large or was not finished there', async () => {
    const targetOf = async (id: string, estimatedTime: number): Promise<unknown> => {
      await world.queueJob(id, 'd', { estimated_time: estimatedTime });
      await makeDispatch(world.adapters, { logger: silent, settings: { functionSeconds: 60 } })(
        batchOf([{ ...message(), job_id: id }]),
      );
      return world.compute.submitted.at(-1)?.target;
    };
    expect(await targetOf('small', 60)).toBe('function');
    expect(await targetOf('large', 61)).toBe('cpu');
    world.compute.states.set('small-1', 'failed');
    await makeDispatch(world.adapters, { logger: silent, settings: { functionSeconds: 60 } })(
      batchOf([{ ...message(), job_id: 'small' }]),
    );
    expect(world.compute.submitted.at(-1)).toMatchObject({ id: 'small-2', target: 'cpu' });
  });

  test('runs a job where it was asked for, on every attempt', async () => {
    for (const compute of ['function', 'cpu', 'gpu'] as const) {
      await world.queueJob(compute, 'd', { compute, estimated_time: 1 });
      for (const attempt of [1, 2]) {
        await makeDispatch(world.adapters, { logger: silent, settings })(batchOf([{ ...message(), job_id: compute }]));
        expect(world.compute.submitted.at(-1)).toMatchObject({ id: `${compute}-${attempt}`, target: compute });
        world.compute.states.set(`${compute}-${attempt}`, 'failed');
      }
    }
  });

  test('does nothing more when the message comes again', async () => {
    await dispatch();
    await dispatch();
    await start();
    await dispatch();
    expect(world.compute.submitted).toHaveLength(1);
  });

  test('does nothing for a job that ended', async () => {
    await stopJob(world.adapters.table, await job(), isoTime(world.clock.now));
    await dispatch();
    expect(world.compute.submitted).toEqual([]);
  });

  test('submits the same attempt after a crash between beginning and submitting it', async () => {
    world.compute.refuse = new Error('away');
    expect((await dispatch()).batchItemFailures).toHaveLength(1);
    expect(await job()).toMatchObject({ status: 'queued', attempt: 1 });
    world.compute.refuse = undefined;
    await dispatch();
    expect(world.compute.submitted).toMatchObject([{ id: 'j-1' }]);
  });
});

describe('a trainer that is gone', () => {
  test('by a signal is followed by another attempt', async () => {
    await reachAttempt(1);
    world.compute.states.set('j-1', 'failed');
    await settle();
    expect(await world.sent('training')).toEqual([message()]);
    await dispatch();
    expect(await job()).toMatchObject({ status: 'queued', attempt: 2 });
    expect(world.compute.submitted.at(-1)).toMatchObject({ id: 'j-2', attempt: 2 });
  });

  test('is not the last attempt’s business', async () => {
    await reachAttempt(2);
    await settle({ attempt: 1 });
    expect(await world.sent('training')).toEqual([]);
    expect((await job()).status).toBe('running');
  });

  test.each([
    [{ exit_code: 1, reason: 'failed' }, 'The trainer crashed with exit code 1: failed'],
    [{ exit_code: 0, reason: 'completed' }, 'The trainer ended without a result'],
    [{ exit_code: null, reason: 'timed_out' }, 'The trainer was ended: timed_out'],
  ])('by its own fault or too late (%j) fails the job, which is told', async (stopped, failure) => {
    await reachAttempt(1);
    await settle(stopped);
    expect(await job()).toMatchObject({ status: 'failed', failure });
    expect(await world.sent('training')).toEqual([]);
    expect(await world.events()).toMatchObject([
      { 'detail-type': 'training.failed', account: world.accountId, detail: { job_id: 'j', error: failure } },
    ]);
    expect((await findAccount(world.adapters.table, world.accountId))!.active_jobs).toBe(0);
    expect((await findDataset(world.adapters.table, world.accountId, 'd'))!.in_use).toBe(0);
  });

  test('again and again fails the job after the last attempt', async () => {
    await reachAttempt(MAX_ATTEMPTS);
    await settle({ attempt: MAX_ATTEMPTS });
    expect(await job()).toMatchObject({
      status: 'failed',
      failure: 'The trainer was lost 3 times, the last time: killed by SIGKILL',
    });
  });

  test('with its host, however often, is followed by another attempt', async () => {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS + 2; attempt++) {
      await dispatch();
      await start();
      expect(await job()).toMatchObject({ status: 'running', attempt });
      world.compute.states.set(`j-${attempt}`, 'failed');
      await settle(attempt % 2 ? { attempt, reason: 'host_lost' } : { attempt, reason: 'host_stopped', exit_code: 1 });
      expect(await world.sent('training')).toEqual([message()]);
    }
  });

  test('before it could tell of its result is told for', async () => {
    await reachAttempt(1);
    await failJob(world.adapters.table, await job(), 'no luck', isoTime(world.clock.now));
    await settle({ exit_code: 0, reason: 'completed' });
    expect(await world.events()).toEqual([]);
    await settle();
    expect(await world.events()).toMatchObject([
      { 'detail-type': 'training.failed', detail: { job_id: 'j', error: 'no luck' } },
    ]);
  });

  test('after the job ended changes nothing', async () => {
    await reachAttempt(1);
    await stopJob(world.adapters.table, await job(), isoTime(world.clock.now));
    await settle();
    expect((await job()).status).toBe('stopped');
    expect(await world.events()).toEqual([]);
  });
});

describe('the sweep', () => {
  test('leaves alone what is young', async () => {
    world.clock.now += 4 * MINUTE;
    await sweep();
    expect(await world.sent('training')).toEqual([]);
  });

  test('sends the message of a job that lost it', async () => {
    world.clock.now += 5 * MINUTE;
    await sweep();
    expect(await world.sent('training')).toEqual([message()]);
  });

  test('sends the message of a job that was begun and never submitted', async () => {
    world.compute.refuse = new Error('away');
    await dispatch();
    world.compute.refuse = undefined;
    world.clock.now += 5 * MINUTE;
    await sweep();
    expect(await world.sent('training')).toEqual([message()]);
    await dispatch();
    expect(world.compute.submitted).toMatchObject([{ id: 'j-1' }]);
  });

  test('lets a submitted job wait for its machine', async () => {
    await dispatch();
    world.compute.states.set('j-1', 'pending');
    world.clock.now += 60 * MINUTE;
    await sweep();
    expect(await world.sent('training')).toEqual([]);
  });

  test('asks for another attempt where a trainer is silent and gone', async () => {
    await reachAttempt(1);
    world.compute.states.set('j-1', 'unknown');
    world.clock.now += 2 * MINUTE - 1;
    await sweep();
    expect(await world.sent('training')).toEqual([]);
    world.clock.now += 1;
    await sweep();
    expect(await world.sent('training')).toEqual([message()]);
    await dispatch();
    expect(await job()).toMatchObject({ status: 'queued', attempt: 2 });
  });

  test('fails the job where the last trainer is silent and gone', async () => {
    await reachAttempt(MAX_ATTEMPTS);
    world.compute.states.set(`j-${MAX_ATTEMPTS}`, 'failed');
    world.clock.now += 2 * MINUTE;
    await sweep();
    expect(await job()).toMatchObject({ status: 'failed' });
  });

  test('ends a trainer that is silent but there, later', async () => {
    await reachAttempt(1);
    world.clock.now += 14 * MINUTE;
    await sweep();
    expect(world.compute.terminated).toEqual([]);
    world.clock.now += MINUTE;
    await sweep();
    expect(world.compute.terminated).toEqual(['j-1']);
  });

  test('sends the message of a dataset that lost it', async () => {
    await world.upload('e', 'a,b\n1,2\n');
    await sweep();
    expect(await world.sent('datasets')).toEqual([]);
    world.clock.now += 5 * MINUTE;
    await sweep();
    expect(await world.sent('datasets')).toEqual([{ account_id: world.accountId, dataset_id: 'e' }]);
  });

  test('fails a dataset that nothing could process for a day, and tells', async () => {
    await world.upload('e', 'a,b\n1,2\n');
    await world.events();
    world.clock.now += 24 * 60 * MINUTE - 1;
    await sweep();
    expect((await findDataset(world.adapters.table, world.accountId, 'e'))!.status).toBe('processing');
    world.clock.now += 1;
    await sweep();
    expect(await findDataset(world.adapters.table, world.accountId, 'e')).toMatchObject({
      status: 'failed',
      failure: { message: 'The file could not be processed within a day', details: [] },
    });
    expect(await world.events()).toMatchObject([{ 'detail-type': 'dataset.processed', detail: { status: 'failed' } }]);
    expect(await world.sent('datasets')).toHaveLength(1);
  });

  test('deletes what nobody owns, once it is due', async () => {
    const { table, blobs } = world.adapters;
    await table.transact([noteGarbage('artifacts', 'x/', world.clock.now + MINUTE)]);
    await blobs.artifacts.put('x/model.onnx', Buffer.from('model'));
    await sweep();
    expect(await blobs.artifacts.head('x/model.onnx')).toBeDefined();
    world.clock.now += MINUTE;
    await sweep();
    expect(await blobs.artifacts.head('x/model.onnx')).toBeUndefined();
  });

  test('closes the other gaps where one cannot be closed', async () => {
    await world.upload('e', 'a,b\n1,2\n');
    world.clock.now += 5 * MINUTE;
    const training = replacing(world.adapters.queues.training, { send: () => Promise.reject(new Error('away')) });
    const adapters = { ...world.adapters, queues: { ...world.adapters.queues, training } };
    await expect(makeSweep(adapters, { logger: silent })()).rejects.toThrow('1 of 3 sweeps failed');
    expect(await world.sent('datasets')).toHaveLength(1);
  });
});
