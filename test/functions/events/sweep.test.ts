import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MAX_ATTEMPTS } from '#domain/attempts.ts';
import { findDataset } from '#domain/datasets.ts';
import { noteGarbage } from '#domain/garbage.ts';
import { stopJob } from '#domain/job-endings.ts';
import { blobKeys } from '#domain/keys.ts';
import { isoTime } from '#domain/times.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { type JobWorld, MINUTE, openJobWorld } from './job-world.ts';
import { replacing, silent } from './world.ts';

let world: JobWorld;
beforeEach(async () => {
  world = await openJobWorld();
});
afterEach(() => world.close());

describe('the sweep', () => {
  test('leaves alone what is young', async () => {
    world.clock.now += 4 * MINUTE;
    await world.sweep();
    expect(await world.sent('training')).toEqual([]);
  });

  test('sends the message of a job that lost it', async () => {
    world.clock.now += 5 * MINUTE;
    await world.sweep();
    expect(await world.sent('training')).toEqual([world.message()]);
  });

  test('sends the message of a job that was begun and never submitted', async () => {
    world.compute.refuse = new Error('away');
    await world.dispatch();
    world.compute.refuse = undefined;
    world.clock.now += 5 * MINUTE;
    await world.sweep();
    expect(await world.sent('training')).toEqual([world.message()]);
    await world.dispatch();
    expect(world.compute.submitted).toMatchObject([{ id: 'j-1' }]);
  });

  test('lets a submitted job wait for its machine', async () => {
    await world.dispatch();
    world.compute.states.set('j-1', 'pending');
    world.clock.now += 60 * MINUTE;
    await world.sweep();
    expect(await world.sent('training')).toEqual([]);
  });

  test('lets a trainer wait for another host, and gives it all its time once it has one', async () => {
    await world.dispatch();
    await world.start(1);
    world.compute.states.set('j-1', 'pending');
    for (let minutes = 0; minutes < 120; minutes += 5) {
      world.clock.now += 5 * MINUTE;
      await world.sweep();
    }
    // It has one and has not said a word yet.
    world.compute.states.set('j-1', 'running');
    world.clock.now += 4 * MINUTE;
    await world.sweep();
    expect(world.compute.terminated).toEqual([]);
    expect(await world.sent('training')).toEqual([]);
    expect(await world.job()).toMatchObject({ status: 'running', attempt: 1 });
    expect(await world.start(2)).toMatchObject({ run: 2 });
    // The host was lost for good while it waited.
    world.compute.states.set('j-1', 'failed');
    world.clock.now += 2 * MINUTE;
    await world.sweep();
    expect(await world.sent('training')).toEqual([world.message()]);
  });

  test('asks for another attempt where a trainer is silent and gone', async () => {
    await world.reachAttempt(1);
    world.compute.states.set('j-1', 'unknown');
    world.clock.now += 2 * MINUTE - 1;
    await world.sweep();
    expect(await world.sent('training')).toEqual([]);
    world.clock.now += 1;
    await world.sweep();
    expect(await world.sent('training')).toEqual([world.message()]);
    await world.dispatch();
    expect(await world.job()).toMatchObject({ status: 'queued', attempt: 2 });
  });

  test('fails the job where the last trainer is silent and gone', async () => {
    await world.reachAttempt(MAX_ATTEMPTS);
    world.compute.states.set(`j-${MAX_ATTEMPTS}`, 'failed');
    world.clock.now += 2 * MINUTE;
    await world.sweep();
    expect(await world.job()).toMatchObject({ status: 'failed' });
  });

  test('ends a trainer that is silent but there, later', async () => {
    await world.reachAttempt(1);
    world.clock.now += 14 * MINUTE;
    await world.sweep();
    expect(world.compute.terminated).toEqual([]);
    world.clock.now += MINUTE;
    await world.sweep();
    expect(world.compute.terminated).toEqual(['j-1']);
  });

  test('sends the message of a dataset that lost it', async () => {
    await world.upload('e', 'a,b\n1,2\n');
    await world.sweep();
    expect(await world.sent('datasets')).toEqual([]);
    world.clock.now += 5 * MINUTE;
    await world.sweep();
    expect(await world.sent('datasets')).toEqual([{ account_id: world.accountId, dataset_id: 'e' }]);
  });

  test('fails a dataset that nothing could process for a day, and tells', async () => {
    await world.upload('e', 'a,b\n1,2\n');
    await world.events();
    world.clock.now += 24 * 60 * MINUTE - 1;
    await world.sweep();
    expect((await findDataset(world.adapters.table, world.accountId, 'e'))!.status).toBe('processing');
    world.clock.now += 1;
    await world.sweep();
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
    await world.sweep();
    expect(await blobs.artifacts.head('x/model.onnx')).toBeDefined();
    world.clock.now += MINUTE;
    await world.sweep();
    expect(await blobs.artifacts.head('x/model.onnx')).toBeUndefined();
  });

  test('deletes the checkpoint of a job that has ended, once no trainer can write one any more', async () => {
    await world.reachAttempt(1);
    const { artifacts } = world.adapters.blobs;
    const key = blobKeys.checkpoint(world.accountId, 'j');
    await artifacts.put(key, Buffer.from('state'));
    await world.sweep();
    await stopJob(world.adapters.table, await world.job(), isoTime(world.clock.now));
    await world.sweep();
    expect(await artifacts.head(key)).toBeDefined();
    world.clock.now += 15 * MINUTE;
    await world.sweep();
    expect(await artifacts.head(key)).toBeUndefined();
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
