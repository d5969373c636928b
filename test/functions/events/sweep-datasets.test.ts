import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { datasetFailed, reprocessDataset } from '#domain/datasets/change.ts';
import { findDataset } from '#domain/datasets/read.ts';
import { beginReading, endReading, MAX_READINGS, type Reading } from '#domain/datasets/readings.ts';
import { isoTime } from '#domain/times.ts';
import { type JobWorld, MINUTE, openJobWorld } from './job-world.ts';

let world: JobWorld;
beforeEach(async () => {
  world = await openJobWorld();
});
afterEach(() => world.close());

const failedDatasets = async () =>
  (await world.events())
    .filter((event) => event['detail-type'] === 'dataset.failed')
    .map(({ detail }) => detail.dataset_id);
const begin = async (id: string, until: number) => {
  const { table } = world.adapters;
  const dataset = (await findDataset(table, world.accountId, id))!;
  return beginReading(table, dataset, { message: 'm', until }, { now: world.clock.now, readers: 2 });
};

describe('the sweep', () => {
  test('sends the message of a dataset again that lost it', async () => {
    await world.upload('e', 'a,b\n1,2\n');
    await world.sweep();
    expect(await world.sent('datasets')).toEqual([]);
    world.clock.now += 5 * MINUTE;
    await world.sweep();
    expect(await world.sent('datasets')).toEqual([{ account_id: world.accountId, dataset_id: 'e' }]);
  });

  test('fails a dataset that could not be processed for a day, and publishes it', async () => {
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
    expect(await failedDatasets()).toEqual(['e']);
    expect(await world.sent('datasets')).toHaveLength(1);
  });

  test('counts the day of a dataset that is read again from then on, not from its upload', async () => {
    const { table } = world.adapters;
    const uploaded = await world.upload('e', 'a,b\n1,2\n');
    await datasetFailed(table, uploaded, { message: 'no', details: [] }, isoTime(world.clock.now));
    world.clock.now += 30 * 24 * 60 * MINUTE;
    const again = { parsing: {}, requested_type: 'auto' } as const;
    await reprocessDataset(table, (await findDataset(table, world.accountId, 'e'))!, again, isoTime(world.clock.now));
    await world.sweep();
    expect(await findDataset(table, world.accountId, 'e')).toMatchObject({ status: 'processing' });
    world.clock.now += 5 * MINUTE;
    await world.sweep();
    expect(await world.sent('datasets')).toEqual([{ account_id: world.accountId, dataset_id: 'e' }]);
  });

  test('sends no message of a dataset that is being read, and one once its reader can no longer be running', async () => {
    await world.upload('e', 'a,b\n1,2\n');
    await begin('e', world.clock.now + 15 * MINUTE);
    world.clock.now += 15 * MINUTE - 1;
    await world.sweep();
    expect(await world.sent('datasets')).toEqual([]);
    world.clock.now += 1;
    await world.sweep();
    expect(await world.sent('datasets')).toEqual([]);
    world.clock.now += 5 * MINUTE;
    await world.sweep();
    expect(await world.sent('datasets')).toHaveLength(1);
  });

  test('fails a dataset as soon as its last reader can no longer be running, and says what is known of the reason', async () => {
    await world.upload('e', 'a,b\n1,2\n');
    for (let times = 1; times <= MAX_READINGS; times += 1) {
      expect(await begin('e', world.clock.now + MINUTE)).toMatchObject({ readings: times });
      await world.sweep();
      expect(await failedDatasets()).toEqual([]);
      world.clock.now += MINUTE;
    }
    await world.sweep();
    expect(await failedDatasets()).toEqual(['e']);
    const { failure } = (await findDataset(world.adapters.table, world.accountId, 'e'))!;
    expect(failure!.message).toContain(
      'The file could not be read in 3 attempts: reading it takes more memory or more time',
    );
    expect(await world.sent('datasets')).toEqual([]);
  });

  test('sends the message of a dataset later each time, so that a long queue does not grow further', async () => {
    await world.upload('e', 'a,b\n1,2\n');
    const sentAfter: number[] = [];
    for (let minutes = 5; minutes < 24 * 60; minutes += 5) {
      world.clock.now += 5 * MINUTE;
      await world.sweep();
      if ((await world.sent('datasets')).length > 0) sentAfter.push(minutes);
    }
    expect(sentAfter).toEqual([5, 15, 35, 75, 155, 315, 635, 1275]);
  });

  test('does not fail a dataset that waits in the queue while others are being read', async () => {
    await world.upload('e', 'a,b\n1,2\n');
    await world.upload('read', 'a,b\n1,2\n');
    world.clock.now += 24 * 60 * MINUTE;
    await begin('read', world.clock.now + MINUTE);
    await world.sweep();
    expect(await failedDatasets()).toEqual([]);
    world.clock.now += MINUTE;
    await world.sweep();
    expect(await failedDatasets()).toEqual(expect.arrayContaining(['e', 'read']));
  });

  test('fails a dataset whose readings end again and again without a result, whatever else is read', async () => {
    await world.upload('e', 'a,b\n1,2\n');
    await world.upload('read', 'a,b\n1,2\n');
    const reading = await begin('e', world.clock.now + MINUTE);
    await endReading(world.adapters.table, reading as Reading, { counts: false }, world.clock.now);
    world.clock.now += 24 * 60 * MINUTE;
    await begin('read', world.clock.now + MINUTE);
    await world.sweep();
    expect(await failedDatasets()).toEqual(['e']);
  });
});
