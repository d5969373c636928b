import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { NO_MACHINE } from '#domain/messages.ts';
import { markOrphaned } from '#domain/orphans.ts';
import { isoTime } from '#domain/times.ts';
import { MAX_ATTEMPTS } from '#domain/training/attempts.ts';
import { stopJob } from '#domain/training/endings.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { type JobWorld, MINUTE, openJobWorld, settings } from './job-world.ts';
import { replacing, silent } from './world.ts';

/** Minutes for which a job waits for a machine. */
const LIMIT = settings.waitingSeconds / 60;

let world: JobWorld;
beforeEach(async () => {
  world = await openJobWorld();
});
afterEach(() => world.close());

describe('the sweep', () => {
  test('leaves recent jobs and datasets alone', async () => {
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

  /** Sweeps every five minutes, as the schedule does. */
  async function sweepFor(minutes: number): Promise<void> {
    for (let passed = 0; passed < minutes; passed += 5) {
      world.clock.now += 5 * MINUTE;
      await world.sweep();
    }
  }

  test('lets a job wait behind others for as long as it takes, for example on one machine', async () => {
    await world.dispatch();
    world.compute.states.set('j-1', 'pending');
    await sweepFor(3 * LIMIT);
    expect(world.compute.terminated).toEqual([]);
    expect(await world.sent('training')).toEqual([]);
    expect(await world.job()).toMatchObject({ status: 'queued', attempt: 1 });
  });

  test('fails a job that is first in the queue and gets no machine, in good time', async () => {
    await world.dispatch();
    world.compute.states.set('j-1', 'unplaced');
    await sweepFor(LIMIT - 5);
    expect(world.compute.terminated).toEqual([]);
    await sweepFor(5);
    expect(world.compute.terminated).toEqual([['j-1', NO_MACHINE]]);
    expect(await world.sent('training')).toEqual([]);
  });

  test('counts that time from when the job was first in the queue', async () => {
    await world.dispatch();
    world.compute.states.set('j-1', 'pending');
    await sweepFor(2 * LIMIT);
    world.compute.states.set('j-1', 'unplaced');
    await sweepFor(LIMIT - 5);
    expect(world.compute.terminated).toEqual([]);
    // Another job had a machine and lost it again.
    world.compute.states.set('j-1', 'pending');
    await sweepFor(5);
    world.compute.states.set('j-1', 'unplaced');
    await sweepFor(LIMIT - 5);
    expect(world.compute.terminated).toEqual([]);
    await sweepFor(5);
    expect(world.compute.terminated).toEqual([['j-1', NO_MACHINE]]);
  });

  test('fails a job that lost its host and gets no other, in the same time', async () => {
    await world.dispatch();
    await world.start(1);
    world.compute.states.set('j-1', 'unplaced');
    await sweepFor(LIMIT - 5);
    expect(world.compute.terminated).toEqual([]);
    await sweepFor(5);
    expect(world.compute.terminated).toEqual([['j-1', NO_MACHINE]]);
  });

  test('counts the time from the start again once a trainer had a host again', async () => {
    await world.dispatch();
    await world.start(1);
    world.compute.states.set('j-1', 'unplaced');
    await sweepFor(LIMIT - 5);
    world.compute.states.set('j-1', 'running');
    await world.start(2);
    expect(await world.job()).not.toHaveProperty('unplaced_since');
    world.compute.states.set('j-1', 'unplaced');
    await sweepFor(LIMIT - 5);
    expect(world.compute.terminated).toEqual([]);
  });

  test('fails it after the time in the settings', async () => {
    await world.dispatch();
    world.compute.states.set('j-1', 'unplaced');
    const sweep = makeSweep(world.adapters, { logger: silent, settings: { waitingSeconds: 600 } });
    world.clock.now += 5 * MINUTE;
    await sweep();
    expect(world.compute.terminated).toEqual([]);
    world.clock.now += 5 * MINUTE;
    await sweep();
    expect(world.compute.terminated).toEqual([['j-1', NO_MACHINE]]);
  });

  test('does not fail a job that has a machine and is about to begin', async () => {
    await world.dispatch();
    world.clock.now += 2 * LIMIT * MINUTE;
    await world.sweep();
    expect(world.compute.terminated).toEqual([]);
  });

  test.each(['pending', 'unplaced'] as const)(
    'lets a trainer wait for another host (%s), and gives it all its time once it has one',
    async (state) => {
      await world.dispatch();
      await world.start(1);
      world.compute.states.set('j-1', state);
      await sweepFor(120);
      // It has one and has not sent a heartbeat yet.
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
    },
  );

  test('requests another attempt if a trainer has no heartbeat and does not run', async () => {
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

  test('fails the job if the last trainer has no heartbeat and does not run', async () => {
    await world.reachAttempt(MAX_ATTEMPTS);
    world.compute.states.set(`j-${MAX_ATTEMPTS}`, 'failed');
    world.clock.now += 2 * MINUTE;
    await world.sweep();
    expect(await world.job()).toMatchObject({ status: 'failed' });
  });

  test('terminates a trainer that runs without a heartbeat, later', async () => {
    await world.reachAttempt(1);
    world.clock.now += 14 * MINUTE;
    await world.sweep();
    expect(world.compute.terminated).toEqual([]);
    world.clock.now += MINUTE;
    await world.sweep();
    expect(world.compute.terminated).toEqual([['j-1', 'no heartbeat']]);
  });

  test('sends the message of a job later each time, and fails it if it could not be submitted for a day', async () => {
    const sentAfter: number[] = [];
    for (let minutes = 5; minutes <= 24 * 60; minutes += 5) {
      expect((await world.job()).status).toBe('queued');
      world.clock.now += 5 * MINUTE;
      await world.sweep();
      if ((await world.sent('training')).length > 0) sentAfter.push(minutes);
    }
    expect(sentAfter).toEqual([5, 15, 35, 75, 155, 315, 635, 1275]);
    expect(await world.job()).toMatchObject({
      status: 'failed',
      failure: 'The training could not be started within a day',
    });
  });

  test('counts the messages of each attempt anew', async () => {
    for (const _ of [1, 2]) {
      world.clock.now += 10 * MINUTE;
      await world.sweep();
    }
    expect(await world.sent('training')).toHaveLength(2);
    await world.dispatch();
    world.compute.states.set('j-1', 'unknown');
    world.clock.now += 5 * MINUTE;
    await world.sweep();
    expect(await world.sent('training')).toHaveLength(1);
  });

  test('deletes orphaned files, once they are due', async () => {
    const { table, blobs } = world.adapters;
    await table.transact([markOrphaned('artifacts', 'x/', world.clock.now + MINUTE)]);
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

  test('runs the other sweeps if one fails', async () => {
    await world.upload('e', 'a,b\n1,2\n');
    world.clock.now += 5 * MINUTE;
    const training = replacing(world.adapters.queues.training, { send: () => Promise.reject(new Error('away')) });
    const adapters = { ...world.adapters, queues: { ...world.adapters.queues, training } };
    await expect(makeSweep(adapters, { logger: silent, settings })()).rejects.toThrow(/^1 of \d+ sweeps failed$/);
    expect(await world.sent('datasets')).toHaveLength(1);
  });
});
