import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { findDataset } from '#domain/datasets/read.ts';
import { contentOf, type Received } from '#domain/request-body.ts';
import { parseSettings } from '#domain/settings.ts';
import type { WorkerSetup } from '#infra/embedded/invoke/messages.ts';
import { type PoolOptions, WorkerPool } from '#infra/embedded/invoke/pool.ts';
import { batchOf } from '#test/functions/events/sqs.ts';
import { openWorld } from '#test/functions/events/world.ts';
import { everyQueue } from '#test/queues.ts';
import type { Does } from './pool-program.ts';

let pool: WorkerPool;
afterEach(() => pool.close());

const poolOf = (options: Partial<PoolOptions> = {}): WorkerPool => {
  const setup = { name: 'process-dataset' } as WorkerSetup;
  const program = new URL('./pool-program.ts', import.meta.url);
  return new WorkerPool(setup, { size: 1, memoryMegabytes: 32, program, ...options });
};
const open = (size = 1, turnsAtOnce = 1, more: Partial<PoolOptions> = {}): void => {
  pool = poolOf({ size, turnsAtOnce, ...more });
};
const LONG = 3_600_000;
const CALL = { requestId: 'request', milliseconds: LONG, body: undefined, baseUrl: '' } as const;
const call = (event: Does, milliseconds = LONG, caller?: string): Promise<unknown> =>
  pool.call({ ...CALL, event, milliseconds, caller });

/** Calls a function that asks for its body; `complete` lets the body arrive. */
function callWithBody(event: Does = 'askForBody') {
  const requested = Promise.withResolvers<void>();
  const received = Promise.withResolvers<Received>();
  let reads = 0;
  const read = () => {
    reads += 1;
    requested.resolve();
    return received.promise;
  };
  const body = { contentLength: 1, read };
  const answer = pool.call({ event, requestId: 'with body', milliseconds: LONG, body, baseUrl: '' });
  const complete = () => received.resolve({ kind: 'complete', content: contentOf(Buffer.from('x')) });
  return { answer, requested: requested.promise, complete, reads: () => reads };
}

describe('worker threads', () => {
  test.each([
    ['ends', 'end', LONG, 'the worker ended (7)'],
    ['needs more memory than its limit', 'grow', LONG, 'memory'],
    ['never answers', 'spin', 1, 'no answer within 0.001 s'],
  ] as const)(
    'a thread that %s fails its call, and the next call gets another thread',
    async (_, event, limit, message) => {
      open();
      const [lost, next] = [call(event, limit), call('answer')];
      await expect(lost).rejects.toThrow(message);
      expect(await next).toBe('answered');
    },
  );

  test('a thread that ends between two calls fails the second one at once, and the next call gets another thread', async () => {
    open();
    expect(await call('answerAndEnd')).toBe('answered');
    await expect(call('answer')).rejects.toThrow('the worker ended');
    expect(await call('answer')).toBe('answered');
  });

  test('as many calls run at once as there are threads; one that never ends does not hold up the others', async () => {
    open(2);
    const endless = call('spin');
    const order: string[] = [];
    await Promise.all([1, 2, 3].map(async (n) => order.push(`${n} ${await call('answer')}`)));
    expect(order).toEqual(['1 answered', '2 answered', '3 answered']);
    const lost = expect(endless).rejects.toThrow('the worker ended');
    await pool.close();
    await lost;
  });

  test('a thread may have several calls in hand, and answers each when it can', async () => {
    open(1, 3);
    const waiting = call('wait');
    const slow = callWithBody();
    await slow.requested;
    expect(await call('answer')).toBe('answered');
    slow.complete();
    expect(await slow.answer).toBe('resumed');
    await pool.close();
    await expect(waiting).rejects.toThrow('the worker ended');
  });

  test('one caller cannot have all turns of a thread', async () => {
    open(1, 3, { turnsOfCaller: 2 });
    const order: string[] = [];
    const greedy = [1, 2, 3].map((n) => call('wait', LONG, 'greedy').catch(() => order.push(`${n} cut off`)));
    expect(await call('answer', LONG, 'other')).toBe('answered');
    await pool.close();
    await Promise.all(greedy);
    expect(order).toHaveLength(3);
  });

  test('bodies wait until there is room for them, and calls without one pass them', async () => {
    open(1, 4, { bodyBytes: 1 });
    const [first, second] = [callWithBody('keepBody'), callWithBody()];
    await Promise.all([first.requested, second.requested]);
    first.complete();
    second.complete();
    expect(await call('answer')).toBe('answered');
    expect(await call('release')).toBe('released');
    expect(await Promise.all([first.answer, second.answer])).toEqual(['kept', 'resumed']);
  });

  test('calls that lose their thread because of another one are repeated once', async () => {
    open(1, 3);
    const attempts = new Int32Array(new SharedArrayBuffer(8));
    const innocent = call({ attempts });
    const culprit = expect(call('end')).rejects.toThrow('the worker ended (7)');
    expect(await innocent).toBe('answered');
    await culprit;
    expect(attempts[0]).toBe(2);
  });

  test('a place whose threads are in calls that nobody can end has two of them, and then none until one of them has ended', async () => {
    open(1, 2);
    const native = new Int32Array(new SharedArrayBuffer(8));
    // It is repeated once, in the second thread.
    const endless = expect(call({ native })).rejects.toThrow('another call took too long');
    for (const before of [0, 1]) {
      await Atomics.waitAsync(native, 1, before).value;
      await expect(call('answer', 1)).rejects.toThrow('no answer within 0.001 s');
    }
    await endless;
    const third = call({ shows: native });
    // A third thread would have started before three others that start one after another.
    for (let n = 0; n < 3; n++) {
      const other = poolOf();
      expect(await other.call({ ...CALL, event: 'answer' })).toBe('answered');
      await other.close();
    }
    Atomics.store(native, 0, 1);
    Atomics.notify(native, 0);
    expect(await third).toBe(1);
  });

  test('a body that has arrived with its call is not asked for', async () => {
    open();
    const read = () => Promise.reject(new Error('asked'));
    const body = { contentLength: 1, read, arrived: () => Buffer.from('x') };
    const answer = await pool.call({ event: 'echoBody', requestId: 'r', milliseconds: LONG, body, baseUrl: '' });
    expect(answer).toBe('x');
  });

  test('a call continues with its body in the thread in which it began', async () => {
    open(2);
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const first = call({ gate });
    // The first thread is busy, so this call begins in the second one.
    const slow = callWithBody();
    await slow.requested;
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    expect(await first).toBe('answered');
    slow.complete();
    expect([await slow.answer, slow.reads()]).toEqual(['resumed', 1]);
  });

  test('a call whose thread is busy when its body arrives waits for it, and others pass it', async () => {
    open(2);
    const slow = callWithBody();
    await slow.requested;
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const busy = call({ gate });
    slow.complete();
    expect(await call('answer')).toBe('answered');
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    expect([await busy, await slow.answer, slow.reads()]).toEqual(['answered', 'resumed', 1]);
  });

  test('a reading that the closing pool interrupts does not count, and its message is redelivered', async () => {
    const world = await openWorld();
    const row = `${'0.123456,'.repeat(100)}x\n`;
    const header = `${Array.from({ length: 100 }, (_, n) => `c${n}`).join(',')},y\n`;
    await world.upload('d', header + row.repeat(150_000));
    const queue = { visibilitySeconds: 60, maxReceives: 5 };
    const embedded = {
      dir: world.dir,
      baseUrl: 'http://127.0.0.1:1',
      queues: everyQueue(queue),
    };
    const log = { file: join(world.dir, 'log') };
    const setup: WorkerSetup = { name: 'process-dataset', embedded, settings: parseSettings({}), log };
    pool = new WorkerPool(setup, { size: 1, memoryMegabytes: 256, closingMs: LONG });
    const dataset = () => findDataset(world.adapters.table, world.accountId, 'd');
    const event = batchOf([{ account_id: world.accountId, dataset_id: 'd' }]);
    const reading = pool.call({ event, requestId: 'r', milliseconds: LONG, body: undefined, baseUrl: '' });
    for (;;) {
      const written = new Promise<void>((resolve) => {
        const stop = world.watch(() => {
          stop();
          resolve();
        });
      });
      if ((await dataset())?.readings !== undefined) break;
      await written;
    }
    await pool.close();
    expect(await reading).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-0' }] });
    expect(await dataset()).toMatchObject({ status: 'processing', readings: 0 });
    await world.close();
  });

  test('a turn in progress can clean up when the pool closes', async () => {
    open();
    const inProgress = call('wait');
    await pool.close();
    expect(await inProgress).toBe('cleaned up');
  });

  test('calls that wait for a thread when the pool closes fail, and so do later ones', async () => {
    open();
    const inProgress = call('wait');
    const waiting = expect(call('answer')).rejects.toThrow('process-dataset: the host is stopping');
    await pool.close();
    await waiting;
    expect(await inProgress).toBe('cleaned up');
    await expect(call('answer')).rejects.toThrow('process-dataset: the host is stopping');
  });
});
