import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { openWorld } from '../functions/events/world.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const key = { pk: 'p', sk: 's' };

test('a function may use what the topology lists for it', async () => {
  const { table, blobs, queues, events, now } = permitted('process-dataset', world.adapters);
  await table.put({ ...key, a: 1 });
  expect(await table.get(key)).toMatchObject({ a: 1 });
  await blobs.datasets.put('k', Buffer.from('x'));
  expect((await blobs.datasets.head('k'))?.size).toBe(1);
  await queues.datasets.deadLetter('{}', 'why');
  expect(queues.datasets.maxReceives).toBe(world.adapters.queues.datasets.maxReceives);
  await events.publish({ type: 'dataset.processed', account: 'a', detail: {} });
  expect(now()).toBe(world.clock.now);
});

test('any other use is refused with a message that names both', async () => {
  const { table, blobs, queues, keys, compute } = permitted('process-dataset', world.adapters);
  const { table: predictions } = permitted('platform-predict', world.adapters);
  const update = { kind: 'update', key, change: { set: { a: 2 } } } as const;
  const refused: readonly [string, () => unknown][] = [
    ['table.index', () => table.query({ index: 'byIndex', partition: 'p', limit: 1 })],
    ['artifacts.delete', () => blobs.artifacts.delete('k')],
    ['datasets.startUpload', () => blobs.datasets.startUpload('k')],
    ['artifacts.get', () => blobs.artifacts.get('k')],
    ['webhooks.send', () => queues.webhooks.send('{}')],
    ['training.deadLetter', () => queues.training.deadLetter('{}', 'why')],
    ['keys.sign', () => keys.sign(new Uint8Array())],
    ['compute.terminate', () => compute.terminate('t', 'why')],
  ];
  for (const [what, use] of refused) {
    await expect((async () => use())()).rejects.toThrow(
      `process-dataset used ${what}, which the topology does not say`,
    );
  }
  const deleting = { kind: 'delete', key: { ...key, sk: 't' } } as const;
  const { table: streams } = permitted('platform-events', world.adapters);
  await expect((async () => streams.query({ partition: 'p', limit: 1 }))()).rejects.toThrow(
    'platform-events used table.query, which the topology does not say',
  );
  for (const use of [() => predictions.delete(key), () => predictions.transact([update, deleting])]) {
    await expect(use()).rejects.toThrow('platform-predict used table.delete, which the topology does not say');
  }
  expect(await world.adapters.table.get(key)).toMatchObject({ a: 1 });
});
