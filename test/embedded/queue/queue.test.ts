import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Database } from '#embedded/database.ts';
import { type EmbeddedAdapters, openEmbedded } from '#embedded/open.ts';
import { SqliteDeadLetterQueue, SqliteQueue } from '#embedded/queue/queue.ts';
import { queueConformance } from '../../conformance/queue.ts';
import { testClock } from '../../conformance/table/subject.ts';
import { embeddedOptions, temporaryFolder } from '../folder.ts';

queueConformance('SQLite', async () => {
  const { dir, remove } = await temporaryFolder();
  const clock = testClock();
  const adapters = await openEmbedded({ ...embeddedOptions(dir), now: clock.now });
  const database = new Database(`${dir}/trainyard.db`);
  const settings = { visibilitySeconds: 30, maxReceives: 3 };
  return {
    fresh: () => {
      const name = randomUUID();
      const deadLetters = new SqliteDeadLetterQueue(database, name, settings, clock.now);
      return { queue: new SqliteQueue(database, name, settings, deadLetters.name, clock.now), deadLetters };
    },
    advance: clock.advance,
    close: async () => {
      database.close();
      await adapters.close();
      await remove();
    },
  };
});

describe('queues of the embedded host', () => {
  const clock = testClock();
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let host: EmbeddedAdapters;
  beforeEach(async () => {
    folder = await temporaryFolder();
    host = await openEmbedded({ ...embeddedOptions(folder.dir), now: clock.now });
  });
  afterEach(async () => {
    await host.close();
    await folder.remove();
  });

  test('report when the next message becomes visible, and how many wait and are in flight', async () => {
    const queue = host.queuesByName.get('datasets')!;
    expect(queue.nextVisibleAt()).toBeUndefined();
    await queue.send('a', { delaySeconds: 5 });
    await queue.send('b');
    expect(queue.nextVisibleAt()).toBe(clock.now());
    await queue.receive();
    expect(queue.nextVisibleAt()).toBe(clock.now() + 5000);
    expect(queue.counts()).toEqual({ waiting: 1, inFlight: 1 });
  });

  test('redrive dead-lettered messages, which are then delivered again', async () => {
    const queue = host.queuesByName.get('datasets')!;
    const dead = host.deadLetters.get('datasets')!;
    for (const body of ['a', 'b', 'c']) await queue.send(body);
    for (let delivery = 0; delivery < 4; delivery += 1) {
      await queue.receive();
      clock.advance(30);
    }
    expect(dead.counts()).toEqual({ waiting: 3, inFlight: 0 });
    expect(await dead.redrive(2)).toBe(2);
    expect(dead.counts().waiting).toBe(1);
    expect(await dead.redrive()).toBe(1);
    expect((await queue.receive()).map(({ body, receives }) => [body, receives])).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ]);
  });

  test('notify of a send, by this instance or another', async () => {
    const other = await openEmbedded(embeddedOptions(folder.dir));
    for (const sender of [host, other]) {
      const noticed = new Promise<void>((resolve) => {
        const stop = host.watch(() => {
          stop();
          resolve();
        });
      });
      // Nothing but the sender keeps the process alive while the watch polls.
      const alive = setInterval(() => undefined, 1000);
      await sender.queues.training.send('a');
      await noticed;
      clearInterval(alive);
    }
    await other.close();
  });

  test('published events are in the bus, in EventBridge’s envelope', async () => {
    await host.events.publish({ type: 'dataset.processed', account: 'acc', detail: { dataset_id: 'd' } });
    const [message] = await host.queuesByName.get('bus')!.receive();
    expect(JSON.parse(message!.body)).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'detail-type': 'dataset.processed',
      source: 'trainyard',
      account: 'acc',
      time: new Date(clock.now()).toISOString().replace('.000', ''),
      region: 'local',
      resources: [],
      detail: { dataset_id: 'd', account_id: 'acc' },
    });
  });

  test('events over the limits are refused, all of them', async () => {
    const event = { type: 'x', account: 'acc', detail: {} };
    await expect(host.events.publish(...Array.from({ length: 11 }, () => event))).rejects.toThrow('at most 10 events');
    const large = { ...event, detail: { text: 'x'.repeat(140_000) } };
    await expect(host.events.publish(large, large)).rejects.toThrow('at most 262144 bytes');
    expect(await host.queuesByName.get('bus')!.receive()).toEqual([]);
  });
});
