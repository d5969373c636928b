/** Downloads: what is encrypted is verified to its end once, and decrypted again while it is sent. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, jest, test } from '@jest/globals';
import { isStagedInPlain } from '#domain/blob-keys.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { getFile } from './presigned.ts';
import { FILE, PASSWORD, useVault } from './world.ts';

const world = useVault();
afterEach(() => void jest.restoreAllMocks());

const BYTES = randomBytes(2_500_000);

async function saved(config: object = {}, bytes = BYTES, more: object = {}): Promise<string> {
  const id = await world.manager({ backup_enabled: false, ...config });
  const { status } = await world.save(id, 'm', { model_data: bytes.toString('base64'), ...more });
  expect(status).toBe(201);
  return id;
}

const download = (id: string, more: object = {}) =>
  world.call('POST', `/${id}/models/download`, { model_name: 'm', ...more });
const get = (url: string, range?: string) => getFile(world.platform.store, url, range);
const staged = async () => {
  const { blobs } = await world.platform.store.blobs.artifacts.list(`${world.accountId}/`, { limit: 1000 });
  return blobs.filter(({ key }) => isStagedInPlain(key));
};
const contents = () =>
  readdirSync(join(world.platform.store.dir, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
const trail = async (id: string) => (await world.call('GET', `/${id}/audit/trail`)).body.audit_entries;

test('of an encrypted model there is no second copy', async () => {
  const before = contents();
  const id = await saved({}, BYTES, { password: PASSWORD });
  const stored = contents().filter((file) => !before.includes(file));
  const { status, body } = await download(id, { password: PASSWORD });
  expect([status, body.size_bytes]).toEqual([200, BYTES.length]);
  const all = contents().filter((file) => !before.includes(file));
  const large = all.filter((file) => statSync(file).size > 1000);
  expect([stored.length, all.length]).toEqual([1, 3]);
  expect(new Set(large.map((file) => statSync(file).ino)).size).toBe(1);
  expect((await get(body.download_url)).equals(BYTES)).toBe(true);
  expect((await get(body.download_url, 'bytes=1048570-1048580')).equals(BYTES.subarray(1_048_570, 1_048_581))).toBe(
    true,
  );
});

test.each([
  ['ChaCha20-Poly1305', { encryption_algorithm: 'ChaCha20Poly1305' }, BYTES],
  ['a model that was compressed', {}, FILE],
  ['a plain one', { enable_encryption: false }, BYTES],
])('of %s there is one', async (_, config, bytes) => {
  const id = await saved(config, bytes);
  const before = contents();
  const { body } = await download(id);
  const [copy = ''] = contents().filter((file) => !before.includes(file));
  expect(statSync(copy).nlink).toBe(1);
  expect((await get(body.download_url)).equals(bytes)).toBe(true);
});

test('a file in which a bit was flipped, or that was cut off, is 422 and audited, and nothing is staged', async () => {
  const before = contents();
  const id = await saved();
  const [file = ''] = contents().filter((one) => !before.includes(one));
  const stored = readFileSync(file);
  const others = (await staged()).length;
  const changes = [0, 40, 700, 1_048_576, stored.length >> 1, stored.length - 1].map((at) => {
    const changed = Buffer.from(stored);
    changed[at]! ^= 1;
    return changed;
  });
  changes.push(stored.subarray(0, -1), stored.subarray(0, 1_500_000));
  for (const changed of changes) {
    writeFileSync(file, changed);
    const { status, body } = await download(id);
    expect([status, body.download_url]).toEqual([422, undefined]);
    expect((await staged()).length).toBe(others);
    expect((await trail(id))[0]).toMatchObject({ action: 'model_download', success: false });
  }
  writeFileSync(file, stored);
  expect((await download(id)).status).toBe(200);
});

const remove = (id: string) =>
  world.call('DELETE', `/${id}/models/m`, { confirm_deletion: true, backup_before_delete: false });

test('a model can be downloaded to the end after it was deleted, and when the hour is over nothing is left', async () => {
  const before = contents();
  const id = await saved();
  const { body } = await download(id);
  expect((await remove(id)).status).toBe(200);
  expect((await get(body.download_url)).equals(BYTES)).toBe(true);
  world.platform.clock.now += 3_600_001;
  const { settings, store } = world.platform;
  const logger = { debug() {}, info() {}, warn() {}, error() {} } as never;
  while ((await staged()).length > 0) await makeSweep(store, { settings, logger })();
  expect(contents().filter((file) => !before.includes(file))).toEqual([]);
});

test.each([
  ['was deleted', remove, 404, 'ModelNotFoundError'],
  [
    'was replaced, and its revision is gone,',
    async (id: string) => {
      await remove(id);
      await world.save(id, 'm', {});
    },
    409,
    'ModelChangedError',
  ],
])('a model that %s before its file was opened is not called damaged', async (_, change, status, error) => {
  const id = await saved();
  const { artifacts } = world.platform.store.blobs;
  const { get: original } = artifacts;
  jest.spyOn(artifacts, 'get').mockImplementationOnce(async (...given) => {
    await change(id);
    return original.apply(artifacts, given);
  });
  const answer = await download(id);
  expect([answer.status, answer.body.error]).toEqual([status, error]);
});

test('many downloads at once are each verified and sent', async () => {
  const id = await saved();
  const answers = await Promise.all(Array.from({ length: 9 }, () => download(id)));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 9 }, () => 200));
  const files = await Promise.all(answers.map(({ body }) => get(body.download_url)));
  expect(files.every((file) => file.equals(BYTES))).toBe(true);
});
