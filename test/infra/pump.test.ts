import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { UnavailableError } from '#domain/errors.ts';
import type { ReceivedMessage } from '#domain/ports/queue/port.ts';
import { type EmbeddedAdapters, type EmbeddedQueue, openEmbedded } from '#embedded/open.ts';
import { type Pump, pump } from '#infra/embedded/pumps/consume.ts';
import { stopWithin } from '#infra/embedded/pumps/stop.ts';
import { replacing } from '../functions/events/world.ts';

const MAX_RECEIVES = 3;

let dir: string;
let adapters: EmbeddedAdapters;
let queue: EmbeddedQueue;
let running: Pump | undefined;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'trainyard-pump-'));
  const settings = { visibilitySeconds: 30, maxReceives: MAX_RECEIVES };
  adapters = await openEmbedded({
    dir,
    baseUrl: 'http://127.0.0.1:1',
    queues: {
      datasets: { ...settings, groupInFlight: 1 },
      training: settings,
      webhooks: settings,
      encoders: settings,
      predictions: settings,
      vault: settings,
      logs: settings,
    },
  });
  queue = adapters.queuesByName.get('training')!;
});

afterEach(async () => {
  await running?.stop();
  running = undefined;
  await adapters.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Starts a pump; resolves with the bodies delivered once they are `enough`. */
function deliveries(
  handle: (messages: readonly ReceivedMessage[]) => Promise<ReadonlySet<string>>,
  enough: (bodies: readonly string[]) => boolean,
): Promise<string[]> {
  const bodies: string[] = [];
  return new Promise((resolve) => {
    running = pump({
      queue,
      batchSize: 10,
      watch: adapters.watch,
      now: adapters.now,
      retrySeconds: () => 0,
      pauseMilliseconds: 1,
      onError: () => {},
      handle: async (messages) => {
        bodies.push(...messages.map((message) => message.body));
        if (enough(bodies)) queueMicrotask(() => resolve(bodies));
        return handle(messages);
      },
    });
  });
}

const none = async () => new Set<string>();

describe('a pump with a window', () => {
  /** Resolves with the first batch of that size. */
  const batch = (windowSeconds: number, batchSize: number, handled: () => void = () => {}) =>
    new Promise<string[]>((resolve) => {
      running = pump({
        ...{ queue, batchSize, windowSeconds, watch: adapters.watch, now: adapters.now, onError: () => {} },
        handle: async (messages) => {
          handled();
          resolve(messages.map(({ body }) => body));
          return new Set<string>();
        },
      });
    });

  test('gathers the messages that come meanwhile, until the batch is full', async () => {
    const first = batch(3600, 25);
    for (let i = 0; i < 25; i++) await queue.send(String(i));
    expect((await first).length).toBe(25);
  });

  test('handles those that it has once the window ends, and once it is to stop', async () => {
    await queue.send('a');
    expect(await batch(0.01, 25)).toEqual(['a']);
    await running!.stop();
    await queue.send('b');
    let begun = false;
    const second = batch(3600, 25, () => {
      begun = true;
    });
    while (queue.nextVisibleAt() === undefined || queue.nextVisibleAt()! <= adapters.now()) await setImmediate();
    expect(begun).toBe(false);
    await running!.stop();
    expect(await second).toEqual(['b']);
  });
});

describe('two pumps of a queue that is fair', () => {
  test('one account’s message that takes for ever does not hold up another account’s', async () => {
    const order: string[] = [];
    const ends = new Map<string, () => void>();
    let wake = (): void => {};
    const pumps = [1, 2].map(() =>
      pump({
        queue: adapters.queuesByName.get('datasets')!,
        batchSize: 1,
        watch: adapters.watch,
        now: adapters.now,
        onError: () => {},
        handle: async ([message]) => {
          const { body } = message!;
          order.push(body);
          wake();
          await new Promise<void>((resolve) => ends.set(body, resolve));
          return new Set();
        },
      }),
    );
    const begun = async (expected: string): Promise<void> => {
      while (order.length < expected.split(' ').length) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      expect(order.join(' ')).toBe(expected);
    };
    const { datasets } = adapters.queues;
    for (const body of ['a1', 'a2', 'a3']) await datasets.send(body, { group: 'a' });
    await begun('a1');
    await datasets.send('b1', { group: 'b' });
    await begun('a1 b1');
    await datasets.send('c1', { group: 'c' });
    ends.get('b1')!();
    await begun('a1 b1 c1');
    ends.get('a1')!();
    await begun('a1 b1 c1 a2');
    ends.get('a2')!();
    await begun('a1 b1 c1 a2 a3');
    for (const end of ends.values()) end();
    await Promise.all(pumps.map((one) => one.stop()));
    expect(adapters.queuesByName.get('datasets')!.counts()).toEqual({ waiting: 0, inFlight: 0 });
  });
});

describe('a pump', () => {
  test('delivers waiting and later messages, and acknowledges them', async () => {
    await queue.send('waiting');
    const done = deliveries(none, (bodies) => bodies.length === 2);
    await queue.send('later');
    expect(await done).toEqual(['waiting', 'later']);
    await running!.stop();
    expect(queue.counts()).toEqual({ waiting: 0, inFlight: 0 });
  });

  test('redelivers only the failed messages of a batch', async () => {
    await Promise.all(['good', 'bad'].map((body) => queue.send(body)));
    let failed = false;
    const bodies = await deliveries(
      async (messages) => {
        const bad = messages.filter((message) => message.body === 'bad' && !failed);
        failed ||= bad.length > 0;
        return new Set(bad.map((message) => message.id));
      },
      (all) => all.length === 3,
    );
    expect([...bodies].sort()).toEqual(['bad', 'bad', 'good']);
  });

  test('survives a queue that cannot be read or written for a while', async () => {
    const whole = queue;
    let broken = 2;
    const failing =
      <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        if (broken-- > 0) throw new UnavailableError('the disk is full');
        return work(...args);
      };
    queue = replacing(whole, {
      receive: failing((options?: Parameters<EmbeddedQueue['receive']>[0]) => whole.receive(options)),
    });
    const done = deliveries(none, (bodies) => bodies.length === 1);
    await whole.send('waiting');
    expect(await done).toEqual(['waiting']);
    expect(broken).toBeLessThan(0);
  });

  test('lets a poison message be dead-lettered, and the others pass', async () => {
    await queue.send('poison');
    const bodies = await deliveries(
      async (messages) => {
        if (messages.some((message) => message.receives === MAX_RECEIVES)) await queue.send('neighbour');
        return new Set(messages.filter((message) => message.body === 'poison').map((message) => message.id));
      },
      (all) => all.includes('neighbour'),
    );
    expect(bodies).toEqual([...Array(MAX_RECEIVES).fill('poison'), 'neighbour']);
    await running!.stop();
    expect(adapters.deadLetters.get('training')!.counts().waiting).toBe(1);
  });

  test('treats a consumer that throws as having failed all messages', async () => {
    await queue.send('once more');
    let first = true;
    const bodies = await deliveries(
      async () => {
        if (!first) return new Set();
        first = false;
        throw new Error('the consumer broke');
      },
      (all) => all.length === 2,
    );
    expect(bodies).toEqual(['once more', 'once more']);
  });

  test('finishes the batch in flight before it stops', async () => {
    await queue.send('in flight');
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await deliveries(
      async () => {
        await held;
        return new Set();
      },
      (all) => all.length === 1,
    );
    const stopping = running!.stop();
    release();
    await stopping;
    expect(queue.counts()).toEqual({ waiting: 0, inFlight: 0 });
  });

  test('waits for a batch no longer than the grace period; then it is cut short and redelivered', async () => {
    await queue.send('endless');
    const calls = Promise.withResolvers<Set<string>>();
    await deliveries(
      () => calls.promise,
      (all) => all.length === 1,
    );
    let cuts = 0;
    await stopWithin(1, [running!], async () => {
      cuts++;
      calls.reject(new Error('the worker ended'));
    });
    expect(cuts).toBe(1);
    expect(queue.counts()).toEqual({ waiting: 1, inFlight: 0 });
  });

  test('does not wait for the grace period if nothing is in flight', async () => {
    const done = deliveries(none, (all) => all.length === 1);
    await queue.send('quick');
    await done;
    await stopWithin(3_600_000, [running!], async () => {});
    expect(queue.counts()).toEqual({ waiting: 0, inFlight: 0 });
  });
});
