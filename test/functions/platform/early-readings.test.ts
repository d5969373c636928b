/** Files in parts that are read while parts still arrive. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { readStoredProfile } from '#domain/datasets/read-profile.ts';
import { makeHandler } from '#functions/events/process-dataset.ts';
import { earlyReadings } from '#functions/platform/uploads/early-readings.ts';
import { batchOf } from '#test/functions/events/sqs.ts';
import { silent } from '#test/functions/events/world.ts';
import { putPart } from '#test/functions/manager/presigned.ts';
import { openPlatform, type Platform } from './harness.ts';

// Files of some megabytes, beside other tests.
jest.setTimeout(120_000);

let platform: Platform;
let token: string;
let account_id: string;
beforeAll(async () => {
  platform = await openPlatform();
  token = await platform.login();
  account_id = (await platform.call({ path: '/auth/me', token })).body.id;
});
afterAll(() => platform.close());

const PART_BYTES = 5 * 2 ** 20;
const ROWS = 300;
/** In two parts, most of which is text that is soon read. */
const CSV = Buffer.from(
  `a;note;y\n${Array.from({ length: ROWS }, (_, i) => `${i};${'some note '.repeat(3000)};${i % 2}`).join('\n')}\n`,
);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

interface Started {
  readonly id: string;
  /** Resolves with what a completion lists. */
  put(part: number, bytes?: Buffer): Promise<{ part: number; etag: string }>;
  complete(parts: object[]): ReturnType<Platform['call']>;
}

async function start(more: object = {}): Promise<Started> {
  const json = { name: 'early', file_size: CSV.length, target: 'y', ...more };
  const { body, status } = await platform.call({ method: 'POST', path: '/datasets/uploads', token, json });
  expect([status, body.part_size, body.parts.length]).toEqual([201, PART_BYTES, 2]);
  const { upload_id: id, parts } = body;
  return {
    id,
    put: async (part, bytes = CSV.subarray((part - 1) * PART_BYTES, part * PART_BYTES)) => ({
      part,
      etag: await putPart(platform.store, parts[part - 1].url, bytes),
    }),
    complete: (listed) =>
      platform.call({ method: 'POST', path: `/datasets/uploads/${id}/complete`, token, json: { parts: listed } }),
  };
}

const columns = (id: string) => platform.store.blobs.datasets.head(blobKeys.datasetColumns(account_id, id));

/** Resolves once it does. */
async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The message of the dataset that is not for later, once it is there. */
async function message(id: string): Promise<{ dataset_id: string; is_read?: true }> {
  const { datasets } = platform.store.queues;
  return until(async () => {
    for (const { body, receipt } of await datasets.receive({ max: 10 })) {
      await datasets.acknowledge(receipt);
      const found = JSON.parse(body);
      if (found.dataset_id === id) return found;
    }
    return undefined;
  });
}

/** As its consumer does. */
async function process(of: object): Promise<void> {
  const settings = { datasetReaders: 2, readingThreads: 1 };
  const handler = makeHandler(platform.store, { logger: silent, settings });
  const answer = await handler(batchOf([of]), { getRemainingTimeInMillis: () => 900_000 });
  expect(answer.batchItemFailures).toEqual([]);
}

const dataset = async (id: string) => (await platform.call({ path: `/datasets/${id}`, token })).body;
const profile = (id: string) => readStoredProfile(platform.store.blobs.datasets, { account_id, id });

test('a file is read before its completion, as the upload says, and nobody sees it until then', async () => {
  const { id, put, complete } = await start({ columns: { note: { role: 'ignore' } } });
  const second = await put(2);
  const first = await put(1);
  await until(() => columns(id));
  expect((await platform.call({ path: `/datasets/${id}`, token })).status).toBe(404);
  expect((await platform.call({ path: '/datasets', token })).body.total).toBe(0);
  const created = await complete([first, second]);
  expect([created.status, created.body.status]).toEqual([201, 'processing']);
  const found = await message(id);
  expect(found).toEqual({ account_id, dataset_id: id, is_read: true });
  const early = await profile(id);
  expect([early.sha256, early.left_out]).toEqual([sha256(CSV), [{ name: 'note', reason: 'ignore' }]]);
  await process(found);
  expect(await dataset(id)).toMatchObject({ status: 'ready', metadata: { rows: ROWS, target: 'y' } });

  // The message that is for later does nothing by then.
  platform.clock.now += 600_000;
  token = await platform.login();
  expect(await message(id)).toEqual({ account_id, dataset_id: id });
  await process({ account_id, dataset_id: id });
  // To be read in another way, it is read again, though the first message may come once more.
  const json = { columns: { note: null } };
  expect((await platform.call({ method: 'PATCH', path: `/datasets/${id}`, token, json })).status).toBe(200);
  await process(found);
  expect((await profile(id)).left_out).toEqual([{ name: 'note', reason: 'text' }]);
});

test('a part that is put again after it was read, with other bytes, is the one that is read', async () => {
  const { id, put, complete } = await start();
  const [first] = [await put(1), await put(2)];
  await until(() => columns(id));
  const other = Buffer.from(CSV.subarray(PART_BYTES).toString().replaceAll('some', 'any '));
  await complete([first, await put(2, other)]);
  const found = await message(id);
  expect(found).toEqual({ account_id, dataset_id: id });
  expect(await columns(id)).toBeUndefined();
  await process(found);
  expect((await profile(id)).sha256).toBe(sha256(Buffer.concat([CSV.subarray(0, PART_BYTES), other])));
});

test('a file with a fault is read once it is complete', async () => {
  const { id, put, complete } = await start();
  const broken = Buffer.from(CSV.subarray(PART_BYTES));
  broken[broken.length - 2] = 0;
  const parts = [await put(1), await put(2, broken)];
  await until(() => !earlyReadings.has(id) || undefined);
  expect(await columns(id)).toBeUndefined();
  await complete(parts);
  const found = await message(id);
  expect(found).toEqual({ account_id, dataset_id: id });
  await process(found);
  expect((await dataset(id)).status).toBe('failed');
});

test('what was read of a file that is not completed is deleted', async () => {
  const { id, put } = await start();
  await Promise.all([put(1), put(2)]);
  await until(() => columns(id));
  const { settings, store } = platform;
  await earlyReadings.drop({ adapters: store, settings, logger: silent }, { account_id, id });
  expect([earlyReadings.has(id), await columns(id)]).toEqual([false, undefined]);
});

test('one file of an account is read early at a time', async () => {
  const [one, another] = [await start(), await start()];
  expect([earlyReadings.has(one.id), earlyReadings.has(another.id)]).toEqual([true, false]);
  await one.put(1);
  await platform.call({ method: 'DELETE', path: `/datasets/uploads/${one.id}`, token });
  await until(() => !earlyReadings.has(one.id) || undefined);
  expect(await columns(one.id)).toBeUndefined();
  expect(await another.complete([await another.put(1), await another.put(2)])).toMatchObject({ status: 201 });
  expect(await message(another.id)).toEqual({ account_id, dataset_id: another.id });
});
