/** Readings of files that do not end well, and of more than one file at once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { deleteDataset } from '#domain/datasets/change.ts';
import { findDataset } from '#domain/datasets/read.ts';
import { beginReading, MAX_READINGS } from '#domain/datasets/readings.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { UnavailableError } from '#domain/errors.ts';
import { keys } from '#domain/keys.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { isoTime } from '#domain/times.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { type ReaderOptions, readDataset } from './reader.ts';
import { openWorld, replacing, type World } from './world.ts';

const CSV = 'a,y\n1,x\n2,z\n3,x\n';
const MINUTE = 60_000;

let world: World;
beforeEach(async () => {
  world = await openWorld();
  await world.upload('d', CSV);
});
afterEach(() => world.close());

const found = async (id = 'd'): Promise<Dataset | undefined> => findDataset(world.adapters.table, world.accountId, id);

/** The file comes from there. */
function reading(body: () => Readable | Promise<Readable>): Adapters {
  const { datasets } = world.adapters.blobs;
  const get: typeof datasets.get = async (key) => {
    const { info, body: unused } = await datasets.get(key);
    unused.destroy();
    return { info, body: await body() };
  };
  return { ...world.adapters, blobs: { ...world.adapters.blobs, datasets: replacing(datasets, { get }) } };
}

/** Delivers the message of that name; resolves with whether it is to come again. */
async function deliver(
  adapters: Adapters = world.adapters,
  { id = 'd', account = world.accountId, name = 'message', ...options }: Delivered = {},
): Promise<boolean> {
  const answer = await readDataset(permitted('process-dataset', adapters), [account, id], options, { name });
  return answer.batchItemFailures.length > 0;
}
type Delivered = ReaderOptions & { readonly id?: string; readonly account?: string; readonly name?: string };

const csv = () => Readable.from([Buffer.from(CSV)]);

describe('while a file is read', () => {
  test('its record says by which message, until when, and how many readings there were', async () => {
    let meanwhile: Dataset | undefined;
    const adapters = reading(async () => {
      meanwhile = await found();
      return csv();
    });
    await deliver(adapters, { milliseconds: 5 * MINUTE });
    expect(meanwhile).toMatchObject({
      status: 'processing',
      reader: 'message-0',
      reader_until: isoTime(world.clock.now + 5 * MINUTE),
      readings: 1,
    });
    expect((await found())!.status).toBe('ready');
  });

  test('another message for it does nothing', async () => {
    let files = 0;
    const adapters = reading(async () => {
      files += 1;
      expect(await deliver(adapters, { name: 'another' })).toBe(false);
      return csv();
    });
    expect(await deliver(adapters)).toBe(false);
    expect(files).toBe(1);
    expect(await found()).toMatchObject({ status: 'ready', readings: 1 });
  });

  test('only one of two messages that arrive at the same time reads it', async () => {
    let files = 0;
    const adapters = reading(() => {
      files += 1;
      return csv();
    });
    await Promise.all([deliver(adapters, { name: 'one' }), deliver(adapters, { name: 'other' })]);
    expect(files).toBe(1);
  });

  test('its deletion frees the account’s slot', async () => {
    const adapters = reading(async () => {
      await deleteDataset(world.adapters.table, world.accountId, 'd', world.clock.now);
      return csv();
    });
    await deliver(adapters);
    expect(await world.adapters.table.get(keys.readingSlot(world.accountId, 0))).toBeUndefined();
  });
});

describe('a reader that is lost', () => {
  /** A reader begins and is never heard of again. */
  const lose = async (name = 'message'): Promise<void> => {
    const until = world.clock.now + 15 * MINUTE;
    const begun = await beginReading(
      world.adapters.table,
      (await found())!,
      { message: `${name}-0`, until },
      {
        now: world.clock.now,
        readers: 2,
      },
    );
    expect(begun).toMatchObject({ status: 'processing' });
  };

  test('is replaced at once by the same message, whose delivery ended with it', async () => {
    await lose();
    expect(await deliver()).toBe(false);
    expect(await found()).toMatchObject({ status: 'ready', readings: 2 });
  });

  test('is replaced by another message once it can no longer be running', async () => {
    await lose();
    world.clock.now += 15 * MINUTE - 1;
    await deliver(world.adapters, { name: 'another' });
    expect((await found())!.status).toBe('processing');
    world.clock.now += 1;
    await deliver(world.adapters, { name: 'another' });
    expect((await found())!.status).toBe('ready');
  });

  test(`fails its file once it was lost ${MAX_READINGS} times, whatever ended it`, async () => {
    const script = join(import.meta.dirname, 'dying-reader.ts');
    const args = ['--no-warnings', script, world.dir, world.accountId, 'd', String(world.clock.now)];
    for (let times = 1; times <= MAX_READINGS; times += 1) {
      const reader = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
      expect(await once(reader, 'exit')).toEqual([null, 'SIGKILL']);
      expect(await found()).toMatchObject({ status: 'processing', readings: times });
    }
    expect(await deliver()).toBe(false);
    const message =
      'The file could not be read in 3 attempts: reading it takes more memory or more time than a reader has, or its readers were killed';
    expect(await found()).toMatchObject({ status: 'failed', failure: { message, details: [] } });
    expect(await world.events()).toMatchObject([
      { 'detail-type': 'dataset.failed', detail: { dataset_id: 'd', status: 'failed', error: { message } } },
    ]);
    // Nothing of it is left to hold up the account's other files.
    await world.upload('e', CSV);
    await deliver(world.adapters, { id: 'e', name: 'next' });
    expect((await found('e'))!.status).toBe('ready');
  });

  test('after it has settled the file holds its slot until its message is redelivered', async () => {
    await deliver();
    await world.adapters.table.put({ ...keys.readingSlot(world.accountId, 0), dataset_id: 'd' });
    expect(await deliver()).toBe(false);
    expect(await world.adapters.table.get(keys.readingSlot(world.accountId, 0))).toBeUndefined();
  });
});

describe('a reading that ends without a result', () => {
  const away = () => Promise.reject(new UnavailableError('the store is away'));
  const breaking = () =>
    Readable.from(
      (async function* () {
        yield Buffer.from('a,y\n1,x\n');
        throw new Error('ECONNRESET');
      })(),
    );

  test.each([
    ['is unavailable', away],
    ['breaks off', breaking],
  ])('does not count if the store %s, however often', async (_, body) => {
    for (let times = 0; times <= MAX_READINGS; times += 1) expect(await deliver(reading(body))).toBe(true);
    expect(await found()).toMatchObject({ status: 'processing', readings: 0 });
    // Nobody has to wait for anything.
    expect(await deliver(world.adapters, { name: 'another' })).toBe(false);
    expect((await found())!.status).toBe('ready');
  });

  test('does not count if its result cannot be stored', async () => {
    const { datasets } = world.adapters.blobs;
    const full = replacing(datasets, { put: () => Promise.reject(new Error('ENOSPC')) });
    const adapters = { ...world.adapters, blobs: { ...world.adapters.blobs, datasets: full } };
    expect(await deliver(adapters)).toBe(true);
    expect(await found()).toMatchObject({ status: 'processing', readings: 0 });
  });

  test('does not count if the host is stopping', async () => {
    const controller = new AbortController();
    const adapters = reading(() => {
      setImmediate(() => controller.abort());
      return new Readable({ read: () => {} });
    });
    expect(await deliver(adapters, { closing: controller.signal })).toBe(true);
    expect(await found()).toMatchObject({ status: 'processing', readings: 0 });
  });

  /** The program's own error: a file has no numbers between its bytes. */
  const failing = () => Readable.from([42]);
  const endless = () => new Readable({ read: () => {} });

  test.each([
    ['the program fails with it', failing, 900_000, 'the program failed while it read the file; its log says why'],
    ['it takes too long', endless, 10_000, 'reading it takes longer than 0 seconds'],
  ])(`fails its file the third time if %s`, async (_, body, milliseconds, reason) => {
    const again: boolean[] = [];
    for (let times = 1; times <= MAX_READINGS; times += 1) {
      expect((await found())!.status).toBe('processing');
      again.push(await deliver(reading(body), { milliseconds }));
    }
    expect(again).toEqual([true, true, false]);
    expect(await found()).toMatchObject({
      status: 'failed',
      failure: { message: `The file could not be read in 3 attempts: ${reason}` },
    });
    expect(await world.events()).toMatchObject([{ detail: { dataset_id: 'd', status: 'failed' } }]);
  });

  test('does not fail its message if only the account’s slot cannot be released', async () => {
    const table = replacing(world.adapters.table, { delete: away });
    expect(await deliver({ ...world.adapters, table })).toBe(false);
    expect((await found())!.status).toBe('ready');
  });
});

describe('several files at once', () => {
  test('an account leaves a reader to the others: a file too many waits, and no reading is counted', async () => {
    await world.register('account-2', 'bob');
    for (const id of ['e', 'f']) await world.upload(id, CSV);
    await world.upload('b', CSV, { account_id: 'account-2' });
    const readers = 3;
    const order: string[] = [];
    const within = (id: string, inner: () => Promise<void>) =>
      deliver(
        reading(async () => {
          order.push(`${id} begins`);
          await inner();
          order.push(`${id} ends`);
          return csv();
        }),
        { id, name: id, readers, ...(id === 'b' ? { account: 'account-2' } : {}) },
      );
    await within('d', async () => {
      await within('e', async () => {
        expect(await within('f', async () => {})).toBe(false);
        await within('b', async () => {});
      });
    });
    expect(order).toEqual(['d begins', 'e begins', 'b begins', 'b ends', 'e ends', 'd ends']);
    expect(await found('f')).not.toHaveProperty('readings');
    expect(await world.sent('datasets')).toEqual([]);
    world.clock.now += 15_000;
    expect(await world.sent('datasets')).toEqual([{ account_id: world.accountId, dataset_id: 'f' }]);
    await within('f', async () => {});
    expect((await found('f'))!.status).toBe('ready');
  });
});
