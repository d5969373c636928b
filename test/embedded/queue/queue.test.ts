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

describe('fairness between groups', () => {
  const clock = testClock();
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let database: Database;
  const open = (groupInFlight?: number) =>
    new SqliteQueue(
      database,
      'fair',
      { visibilitySeconds: 30, maxReceives: 3, ...(groupInFlight === undefined ? {} : { groupInFlight }) },
      undefined,
      clock.now,
    );
  beforeEach(async () => {
    folder = await temporaryFolder();
    await (await openEmbedded(embeddedOptions(folder.dir))).close();
    database = new Database(`${folder.dir}/trainyard.db`);
  });
  afterEach(async () => {
    database.close();
    await folder.remove();
  });
  /** Sends a message for each letter, whose group it is. */
  const send = async (queue: SqliteQueue, groups: string): Promise<void> => {
    for (const [n, group] of [...groups].entries()) await queue.send(`${group}${n}`, { group });
  };
  const next = async (queue: SqliteQueue) => (await queue.receive({ max: 1 }))[0];
  /** Receives and acknowledges one after another, until there are none. */
  const drained = async (queue: SqliteQueue): Promise<string> => {
    const order: string[] = [];
    for (let message = await next(queue); message !== undefined; message = await next(queue)) {
      order.push(message.body);
      await queue.acknowledge(message.receipt);
    }
    return order.join(' ');
  };

  test('a group with much to do takes turns with the others, the oldest of each first', async () => {
    const queue = open();
    await send(queue, 'aaaabbc');
    expect(await drained(queue)).toBe('a0 b4 c6 a1 b5 a2 a3');
  });

  test('who comes later does not wait for what came before, also within a batch', async () => {
    const queue = open();
    await send(queue, 'aaaa');
    expect(await next(queue)).toMatchObject({ body: 'a0' });
    await send(queue, 'b');
    expect((await queue.receive({ max: 3 })).map(({ body }) => body)).toEqual(['b0', 'a1', 'a2']);
  });

  test('a group that has in hand what it may waits, and nobody is woken for it', async () => {
    const queue = open(2);
    await send(queue, 'aaab');
    const [first] = [await next(queue), await next(queue), await next(queue)];
    expect(first).toMatchObject({ body: 'a0' });
    // Three are in flight, a2 waits: nothing can be received before the first of them shows again.
    expect(await queue.receive()).toEqual([]);
    expect(queue.nextVisibleAt()).toBe(clock.now() + 30_000);
    expect(queue.counts()).toEqual({ waiting: 1, inFlight: 3 });
    await queue.acknowledge(first!.receipt);
    expect(queue.nextVisibleAt()).toBeLessThanOrEqual(clock.now());
    expect(await next(queue)).toMatchObject({ body: 'a2' });
  });

  test('to look at messages that have to wait writes nothing, which would wake whoever looks', async () => {
    const queue = open(1);
    await send(queue, 'aa');
    await next(queue);
    let writes = 0;
    database.watch.add(() => {
      writes += 1;
    });
    expect(await queue.receive()).toEqual([]);
    expect(writes).toBe(0);
  });

  test('a group whose deliveries ran out of time may have others again', async () => {
    const queue = open(1);
    await send(queue, 'aa');
    await next(queue);
    clock.advance(30);
    expect(await next(queue)).toMatchObject({ body: 'a1' });
    clock.advance(30);
    expect(await next(queue)).toMatchObject({ body: 'a0', receives: 2 });
  });
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
