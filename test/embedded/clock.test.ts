import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isoTime } from '#domain/times.ts';
import { openEmbeddedHost } from '#embedded/open.ts';
import { hostOptions, temporaryFolder } from './folder.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1, 12);

let dir: string;
let remove: () => Promise<void>;
let now: number;
let passed: number;
beforeEach(async () => {
  ({ dir, remove } = await temporaryFolder());
  now = START;
  passed = 0;
});
afterEach(() => remove());

const open = () => openEmbeddedHost({ ...hostOptions(dir), now: () => now, monotonic: () => passed });
/** Time passes, on both clocks. */
const wait = (milliseconds: number) => {
  now += milliseconds;
  passed += milliseconds;
};

describe('a clock that goes back by an hour', () => {
  test('hides no message, and delays none by more than it was delayed', async () => {
    const host = await open();
    const { datasets } = host.queues;
    await datasets.send('at once');
    await datasets.send('in a minute', { delaySeconds: 60 });
    wait(1000);
    now -= HOUR;
    expect(await datasets.receive()).toEqual([]);
    expect(await host.correctClock()).toBe(HOUR);
    const [received] = await datasets.receive();
    expect(received).toMatchObject({ body: 'at once', receives: 1 });
    await datasets.acknowledge(received!.receipt);
    wait(58_000);
    expect(await datasets.receive()).toEqual([]);
    wait(2000);
    expect(await datasets.receive()).toMatchObject([{ body: 'in a minute' }]);
    await host.close();
  });

  test('redelivers what is in flight no earlier and no later than before', async () => {
    const host = await open();
    const { datasets } = host.queues;
    await datasets.send('received');
    const [first] = await datasets.receive({ visibilitySeconds: 30 });
    now -= HOUR;
    await host.correctClock();
    wait(29_000);
    expect(await datasets.receive()).toEqual([]);
    wait(2000);
    expect(await datasets.receive()).toMatchObject([{ id: first!.id, receives: 2 }]);
    await host.close();
  });

  test('while no host ran hides no message either', async () => {
    const host = await open();
    await host.queues.datasets.send('before');
    await host.close();
    now -= HOUR;
    const again = await open();
    expect(await again.queues.datasets.receive()).toMatchObject([{ body: 'before' }]);
    await again.close();
  });

  test('moves leases and what expires soon, and nothing else', async () => {
    const host = await open();
    const { table } = host;
    const until = isoTime(START + 60_000);
    await table.put({ pk: 'a', sk: 'lease', reader_until: until, created_at: until });
    await table.put({ pk: 'a', sk: 'due', ipk: 'WEBHOOKS', isk: until, due_at: until });
    await table.put({ pk: 'a', sk: 'place', expiresAt: START / 1000 + 60 });
    await table.put({ pk: 'a', sk: 'session', expiresAt: START / 1000 + 30 * 86_400 });
    now -= HOUR;
    await host.correctClock();
    const moved = isoTime(START - HOUR + 60_000);
    expect(await table.get({ pk: 'a', sk: 'lease' })).toMatchObject({ reader_until: moved, created_at: until });
    expect(await table.get({ pk: 'a', sk: 'due' })).toMatchObject({ isk: moved, due_at: moved });
    const due = await table.query({ index: 'byIndex', partition: 'WEBHOOKS', to: moved, limit: 10 });
    expect(due.items).toHaveLength(1);
    expect(await table.get({ pk: 'a', sk: 'session' })).toMatchObject({ expiresAt: START / 1000 + 30 * 86_400 });
    wait(61_000);
    expect(await table.get({ pk: 'a', sk: 'place' })).toBeUndefined();
    await host.close();
  });

  test('is told from one that is adjusted, and from one that goes forward', async () => {
    const host = await open();
    wait(5000);
    now -= 1500;
    expect(await host.correctClock()).toBe(0);
    now += HOUR;
    expect(await host.correctClock()).toBe(0);
    wait(5000);
    expect(await host.correctClock()).toBe(0);
    await host.close();
  });
});
