import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findAccount } from '#domain/accounts/read.ts';
import { findDataset } from '#domain/datasets/read.ts';
import { keys } from '#domain/keys.ts';
import { NO_MACHINE } from '#domain/messages.ts';
import { listModels } from '#domain/models/lists.ts';
import { type Model, NEW_MODEL } from '#domain/models/record.ts';
import { isoTime } from '#domain/times.ts';
import { MAX_ATTEMPTS } from '#domain/training/attempts.ts';
import { stopJob } from '#domain/training/endings.ts';
import { makeHandler as makeDispatch } from '#functions/events/dispatch-training.ts';
import { RESIDENT_BYTES } from '#learning/table/resident.ts';
import { type JobWorld, openJobWorld, settings } from './job-world.ts';
import { batchOf } from './sqs.ts';
import { silent } from './world.ts';

let world: JobWorld;
beforeEach(async () => {
  world = await openJobWorld();
});
afterEach(() => world.close());

describe('dispatching', () => {
  test('begins the first attempt and submits it', async () => {
    expect(await world.dispatch()).toEqual({ batchItemFailures: [] });
    expect(await world.job()).toMatchObject({ status: 'queued', attempt: 1 });
    expect(world.compute.submitted).toMatchObject([{ id: 'j-1', jobId: 'j', accountId: world.accountId, attempt: 1 }]);
  });

  test('runs a small job in a function, and a large or unfinished one in a container', async () => {
    const targetOf = async (id: string, estimated_time: number, data_bytes: number): Promise<unknown> => {
      await world.queueJob(id, 'd', { estimated_time, data_bytes });
      await makeDispatch(world.adapters, { logger: silent, settings: { ...settings, functionSeconds: 60 } })(
        batchOf([{ ...world.message(), job_id: id }]),
      );
      return world.compute.submitted.at(-1)?.target;
    };
    expect(await targetOf('small', 60, RESIDENT_BYTES)).toBe('function');
    expect(await targetOf('large', 61, RESIDENT_BYTES)).toBe('cpu');
    // A function has no disk for its data.
    expect(await targetOf('bulky', 1, RESIDENT_BYTES + 1)).toBe('cpu');
    world.compute.states.set('small-1', 'failed');
    await makeDispatch(world.adapters, { logger: silent, settings: { ...settings, functionSeconds: 60 } })(
      batchOf([{ ...world.message(), job_id: 'small' }]),
    );
    expect(world.compute.submitted.at(-1)).toMatchObject({ id: 'small-2', target: 'cpu' });
  });

  test('gives a trainer the time limit of the settings', async () => {
    const deadline = { ...settings, trainingSeconds: 7200 };
    await makeDispatch(world.adapters, { logger: silent, settings: deadline })(batchOf([world.message()]));
    expect(world.compute.submitted).toMatchObject([{ id: 'j-1', timeoutSeconds: 7200 }]);
  });

  test('runs a job where it was requested, on every attempt', async () => {
    for (const compute of ['function', 'cpu', 'gpu'] as const) {
      await world.queueJob(compute, 'd', { compute, estimated_time: 1 });
      for (const attempt of [1, 2]) {
        await makeDispatch(world.adapters, { logger: silent, settings })(
          batchOf([{ ...world.message(), job_id: compute }]),
        );
        expect(world.compute.submitted.at(-1)).toMatchObject({ id: `${compute}-${attempt}`, target: compute });
        world.compute.states.set(`${compute}-${attempt}`, 'failed');
      }
    }
  });

  test('does nothing when the message is redelivered', async () => {
    await world.dispatch();
    await world.dispatch();
    await world.start();
    await world.dispatch();
    expect(world.compute.submitted).toHaveLength(1);
  });

  test('does nothing for a job that ended', async () => {
    await stopJob(world.adapters.table, await world.job(), isoTime(world.clock.now));
    await world.dispatch();
    expect(world.compute.submitted).toEqual([]);
  });

  test('submits the same attempt after a crash between beginning and submitting it', async () => {
    world.compute.refuse = new Error('away');
    expect((await world.dispatch()).batchItemFailures).toHaveLength(1);
    expect(await world.job()).toMatchObject({ status: 'queued', attempt: 1 });
    world.compute.refuse = undefined;
    await world.dispatch();
    expect(world.compute.submitted).toMatchObject([{ id: 'j-1' }]);
  });
});

describe('a trainer that has ended', () => {
  test('by a signal is followed by another attempt', async () => {
    await world.reachAttempt(1);
    world.compute.states.set('j-1', 'failed');
    await world.settle();
    expect(await world.sent('training')).toEqual([world.message()]);
    await world.dispatch();
    expect(await world.job()).toMatchObject({ status: 'queued', attempt: 2 });
    expect(world.compute.submitted.at(-1)).toMatchObject({ id: 'j-2', attempt: 2 });
  });

  test('does not affect a later attempt', async () => {
    await world.reachAttempt(2);
    await world.settle({ attempt: 1 });
    expect(await world.sent('training')).toEqual([]);
    expect((await world.job()).status).toBe('running');
  });

  test.each([
    [{ exit_code: 1, reason: 'failed' }, 'The trainer crashed with exit code 1: failed'],
    [{ exit_code: 0, reason: 'completed' }, 'The trainer ended without a result'],
    [{ exit_code: null, reason: 'timed_out' }, 'The trainer was ended: timed_out'],
    [
      { exit_code: null, reason: 'out_of_memory: it took 3 bytes of memory; it may have 2' },
      'The trainer needed more memory than it may have (out_of_memory: it took 3 bytes of memory; it may have 2); try a smaller batch_size, a smaller network or fewer columns',
    ],
    [
      { exit_code: 137, reason: 'out of memory: OutOfMemoryError' },
      'The trainer needed more memory than it may have (out of memory: OutOfMemoryError); try a smaller batch_size, a smaller network or fewer columns',
    ],
  ])('by its own fault or too late (%j) fails the job, which is published', async (stopped, failure) => {
    await world.reachAttempt(1);
    await world.settle(stopped);
    expect(await world.job()).toMatchObject({ status: 'failed', failure });
    expect(await world.sent('training')).toEqual([]);
    expect(await world.events()).toMatchObject([
      { 'detail-type': 'training.failed', account: world.accountId, detail: { job_id: 'j', error: failure } },
    ]);
    expect((await findAccount(world.adapters.table, world.accountId))!.active_jobs).toBe(0);
    expect((await findDataset(world.adapters.table, world.accountId, 'd'))!.in_use).toBe(0);
  });

  test('before it got a machine fails the job with advice for its owner, and is not retried', async () => {
    await world.dispatch();
    await world.settle({ reason: NO_MACHINE, failure: 'Ask for machines' });
    expect(await world.job()).toMatchObject({ status: 'failed', failure: 'Ask for machines', attempt: 1 });
    expect(await world.sent('training')).toEqual([]);
    expect(await world.events()).toMatchObject([
      { 'detail-type': 'training.failed', detail: { error: 'Ask for machines' } },
    ]);
    expect((await findAccount(world.adapters.table, world.accountId))!.active_jobs).toBe(0);
  });

  test('again and again fails the job after the last attempt', async () => {
    await world.reachAttempt(MAX_ATTEMPTS);
    await world.settle({ attempt: MAX_ATTEMPTS });
    expect(await world.job()).toMatchObject({
      status: 'failed',
      failure: 'The trainer was lost 3 times, the last time: killed by SIGKILL',
    });
  });

  test('with its host, however often, is followed by another attempt', async () => {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS + 2; attempt++) {
      await world.dispatch();
      await world.start();
      expect(await world.job()).toMatchObject({ status: 'running', attempt });
      world.compute.states.set(`j-${attempt}`, 'failed');
      await world.settle(
        attempt % 2 ? { attempt, reason: 'host_lost' } : { attempt, reason: 'host_stopped', exit_code: 1 },
      );
      expect(await world.sent('training')).toEqual([world.message()]);
    }
  });

  test('with a model that an earlier release wrote without lists puts it into them', async () => {
    await world.reachAttempt(1);
    const { table } = world.adapters;
    const wanted = { sort: 'name', order: 'ascending', limit: 10 } as const;
    expect((await listModels(table, world.accountId, wanted)).total).toBe(0);
    const made: Model = {
      ...NEW_MODEL,
      ...{ id: 'm', account_id: world.accountId, number: 1, name: 'm', version: '1.0.0', job_id: 'j', dataset_id: 'd' },
      ...{
        model_type: 'mlp',
        task: 'classification',
        target: 'y',
        artifacts: [],
        created_at: isoTime(world.clock.now),
      },
      architecture: { input_shape: [1], output_classes: 2, parameters: 3 },
      ...{ performance: {}, final_metrics: {}, training_config: {}, hyperparameters: {} },
    };
    await table.put({ ...keys.model(world.accountId, made.id), ...made });
    await table.update(keys.job(world.accountId, 'j'), { set: { status: 'completed', model_id: made.id } });
    for (let times = 0; times < 2; times += 1) {
      await world.settle({ exit_code: 0, reason: 'completed' });
      expect(await listModels(table, world.accountId, wanted)).toMatchObject({ records: [made], total: 1 });
    }
    expect((await world.job()).status).toBe('completed');
  });

  test('after the job ended changes nothing', async () => {
    await world.reachAttempt(1);
    await stopJob(world.adapters.table, await world.job(), isoTime(world.clock.now));
    await world.settle();
    expect((await world.job()).status).toBe('stopped');
    expect(await world.events()).toEqual([]);
  });
});
