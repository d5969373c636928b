import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findDataset } from '#domain/datasets/read.ts';
import { InternalError, UnavailableError } from '#domain/errors.ts';
import { type DomainEvent, domainEvent } from '#domain/events/event.ts';
import { recordEvent } from '#domain/events/outbox.ts';
import { indexes, keys } from '#domain/keys.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { MessageTooLargeError } from '#domain/ports/errors.ts';
import type { OutgoingEvent } from '#domain/ports/events/port.ts';
import { isoTime } from '#domain/times.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import type { Log } from '#functions/http/contract.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { type JobWorld, MINUTE, openJobWorld, settings } from './job-world.ts';
import { readDataset } from './reader.ts';
import { replacing, silent } from './world.ts';

const DAY = 24 * 60 * MINUTE;

let world: JobWorld;
beforeEach(async () => {
  world = await openJobWorld();
});
afterEach(() => world.close());

const process_ = (adapters: Adapters, logger: Log = silent) =>
  readDataset(permitted('process-dataset', adapters), [world.accountId, 'e'], { logger });
const sweep = (adapters: Adapters = world.adapters) =>
  makeSweep(permitted('sweep', adapters), { logger: silent, settings })();
const publishing = (publish: (...events: readonly OutgoingEvent[]) => Promise<void>): Adapters => ({
  ...world.adapters,
  events: { publish },
});
const away = () => Promise.reject(new UnavailableError('away'));
const statusOf = async (id: string) => (await findDataset(world.adapters.table, world.accountId, id))?.status;

/** Records one event per second, oldest first, and moves the clock until they are a minute old. */
async function recorded(count: number): Promise<DomainEvent[]> {
  const events: DomainEvent[] = [];
  for (let n = 0; n < count; n++) {
    world.clock.now += 1000;
    const event = domainEvent('dataset.processed', world.accountId, isoTime(world.clock.now), { n });
    await world.adapters.table.transact([recordEvent(event)]);
    events.push(event);
  }
  world.clock.now += MINUTE;
  return events;
}
const published = async () => (await world.events()).map(({ detail }) => detail.n);

describe('an event', () => {
  test.each([
    ['a dataset that was read', async () => void (await process_(world.adapters)), 'dataset.processed'],
    [
      'a job that failed',
      async () => {
        await world.reachAttempt(1);
        await world.settle({ exit_code: 1, reason: 'failed' });
      },
      'training.failed',
    ],
    [
      'a job without another attempt',
      async () => {
        await world.reachAttempt(3);
        world.compute.states.set('j-3', 'failed');
        await world.dispatch();
      },
      'training.failed',
    ],
    [
      'a job whose last trainer is silent',
      async () => {
        await world.reachAttempt(3);
        world.compute.states.set('j-3', 'failed');
        world.clock.now += 2 * MINUTE;
        await sweep();
      },
      'training.failed',
    ],
  ])('of %s is published by the process that committed it, and removed', async (_, commit, type) => {
    await world.upload('e', 'a,y\n1,x\n2,z\n3,x\n');
    await commit();
    const events = await world.events();
    expect(events).toMatchObject([
      {
        'detail-type': type,
        detail: {
          event_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
          account_id: world.accountId,
          occurred_at: isoTime(world.clock.now),
        },
      },
    ]);
    expect(await world.unpublished()).toEqual([]);
  });

  test('of a dataset is published once by the sweep if the bus was unavailable, and the dataset is ready all the same', async () => {
    await world.upload('e', 'a,y\n1,x\n2,z\n3,x\n');
    const warnings: unknown[] = [];
    const logger: Log = { ...silent, warn: (...line) => void warnings.push(line) };
    expect(await process_(publishing(away), logger)).toEqual({ batchItemFailures: [] });
    expect(warnings).toMatchObject([['event left to the sweep', { event_type: 'dataset.processed' }]]);
    expect(await statusOf('e')).toBe('ready');
    world.clock.now += MINUTE - 1;
    await sweep();
    expect(await world.events()).toEqual([]);
    world.clock.now += 1;
    await sweep();
    expect(await world.events()).toMatchObject([
      {
        'detail-type': 'dataset.processed',
        account: world.accountId,
        detail: { dataset_id: 'e', occurred_at: isoTime(world.clock.now - MINUTE) },
      },
    ]);
    await sweep();
    expect(await world.events()).toEqual([]);
    expect(await world.unpublished()).toEqual([]);
  });

  test('that was published but not removed is published again with the same id', async () => {
    await world.upload('e', 'a,y\n1,x\n2,z\n3,x\n');
    const table = replacing(world.adapters.table, { delete: away });
    expect(await process_({ ...world.adapters, table })).toEqual({ batchItemFailures: [] });
    world.clock.now += MINUTE;
    await sweep();
    const [first, second, ...more] = await world.events();
    expect(second!.detail).toEqual(first!.detail);
    expect([more, await world.unpublished()]).toEqual([[], []]);
  });

  test.each([
    ['before', 1],
    ['after', 2],
  ])('survives a crash of its process %s the bus has it', async (moment, times) => {
    await world.upload('e', 'a,y\n1,x\n2,z\n3,x\n');
    const script = join(import.meta.dirname, 'dying-publisher.ts');
    const of = [world.dir, world.accountId, 'e', String(world.clock.now), moment];
    const child = spawn(process.execPath, ['--no-warnings', script, ...of], { stdio: 'inherit' });
    expect((await once(child, 'exit'))[1]).toBe('SIGKILL');
    expect(await statusOf('e')).toBe('ready');
    world.clock.now += MINUTE;
    await sweep();
    const ids = (await world.events()).map(({ detail }) => detail.event_id);
    expect([ids.length, new Set(ids).size]).toEqual([times, 1]);
    expect(await world.unpublished()).toEqual([]);
  });

  test('is not recorded if the transaction fails', async () => {
    await world.upload('e', 'a,y\n1,x\n2,z\n3,x\n');
    const table = replacing(world.adapters.table, { transact: away });
    expect((await process_({ ...world.adapters, table })).batchItemFailures).toHaveLength(1);
    expect([await statusOf('e'), await world.unpublished(), await world.events()]).toEqual(['processing', [], []]);
  });
});

describe('the sweep', () => {
  test('publishes the recorded events in the order of time, ten at once', async () => {
    await recorded(23);
    const sizes: number[] = [];
    await sweep(
      publishing(async (...events) => {
        sizes.push(events.length);
        await world.adapters.events.publish(...events);
      }),
    );
    expect(sizes).toEqual([10, 10, 3]);
    expect(await published()).toEqual(Array.from({ length: 23 }, (_, n) => n));
    expect(await world.unpublished()).toEqual([]);
  });

  test('leaves all events in the outbox while the bus is unavailable, for however long', async () => {
    await recorded(12);
    await world.dispatch();
    world.clock.now += 2 * DAY;
    await expect(sweep(publishing(away))).rejects.toThrow(/^1 of \d+ sweeps failed$/);
    expect(await world.unpublished()).toHaveLength(12);
    await sweep();
    expect(await published()).toHaveLength(12);
  });

  test('publishes those behind a refused one, and dead-letters that one after a day, where it can be inspected', async () => {
    const events = await recorded(14);
    const refusing = publishing(async (...all) => {
      if (all.some(({ detail }) => detail.n === 3)) throw new InternalError('refused');
      await world.adapters.events.publish(...all);
    });
    await expect(sweep(refusing)).rejects.toThrow(/^1 of \d+ sweeps failed$/);
    expect(await published()).toEqual(events.map(({ detail }) => detail.n).filter((n) => n !== 3));
    expect((await world.unpublished()).map(({ detail }) => detail)).toEqual([events[3]!.detail]);
    world.clock.now += DAY;
    await expect(sweep(refusing)).rejects.toThrow(/^1 of \d+ sweeps failed$/);
    expect(await world.unpublished()).toEqual([]);
    const { items } = await world.adapters.table.query({
      index: 'byIndex',
      partition: indexes.deadLettered,
      limit: 10,
    });
    expect(items).toMatchObject([{ ...events[3], reason: 'InternalError: refused' }]);
    await sweep(refusing);
    expect(await published()).toEqual([]);
  });

  test.each([
    ['is too large', new MessageTooLargeError('too large'), undefined],
    ['is no event', undefined, { detail: 'of another version' }],
  ])('dead-letters at once one that %s', async (_, refusal, change) => {
    const [first, , third] = await recorded(3);
    const [, second] = await world.unpublished();
    if (change) await world.adapters.table.update({ pk: second!.pk, sk: second!.sk }, { set: change });
    const adapters = publishing(async (...all) => {
      if (refusal && all.some(({ detail }) => detail.n === 1)) throw refusal;
      await world.adapters.events.publish(...all);
    });
    await expect(sweep(adapters)).rejects.toThrow(/^1 of \d+ sweeps failed$/);
    expect(await published()).toEqual([first!.detail.n, third!.detail.n]);
    expect(await world.unpublished()).toEqual([]);
    expect(await world.adapters.table.get({ pk: second!.pk, sk: second!.sk })).toMatchObject({
      ipk: indexes.deadLettered,
    });
  });

  test('publishes events that are too large together one by one', async () => {
    for (const n of [0, 1]) {
      const event = domainEvent('dataset.processed', world.accountId, isoTime(world.clock.now + n), {
        n,
        text: 'x'.repeat(140_000),
      });
      await world.adapters.table.transact([recordEvent(event)]);
      expect(await world.adapters.table.get(keys.event(event.detail.event_id))).toBeDefined();
    }
    world.clock.now += 2 * MINUTE;
    await sweep();
    expect(await published()).toEqual([0, 1]);
    expect(await world.unpublished()).toEqual([]);
  });
});
