/** Models in parts whose file is made while parts still arrive. */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { getManager } from '#domain/vault/managers.ts';
import { stagedModel } from '#domain/vault/staged.ts';
import { findVaultUpload } from '#domain/vault/uploads.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { earlyFiles } from '#functions/manager/models/early-files.ts';
import { getFile, putPart } from './presigned.ts';
import { PASSWORD, useVault } from './world.ts';

const world = useVault();

const BYTES = randomBytes(12_000_000);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

interface Started {
  readonly id: string;
  readonly upload: string;
  /** Resolves with what a completion lists. */
  put(part: number, bytes?: Buffer): Promise<{ part: number; etag: string }>;
  complete(parts: object[]): ReturnType<typeof world.call>;
}

async function start(config: object = {}, more: object = {}): Promise<Started> {
  const id = await world.manager({ backup_enabled: false, ...config });
  const json = { model_name: 'm', file_size: BYTES.length, ...more };
  const { body, status } = await world.call('POST', `/${id}/models/uploads`, json);
  expect([status, body.part_size, body.parts.length]).toEqual([201, 5 * 2 ** 20, 3]);
  const { upload_id: upload, part_size, parts } = body;
  return {
    id,
    upload,
    put: async (part, bytes = BYTES.subarray((part - 1) * part_size, part * part_size)) => ({
      part,
      etag: await putPart(world.platform.store, parts[part - 1].url, bytes),
    }),
    complete: (listed) => world.call('POST', `/${id}/models/uploads/${upload}/complete`, { parts: listed }),
  };
}

async function loaded(id: string, password?: string): Promise<string> {
  const json = { model_name: 'm', ...(password === undefined ? {} : { password }) };
  const { body } = await world.call('POST', `/${id}/models/download`, json);
  return sha256(await getFile(world.platform.store, body.download_url));
}

/** The keys of all files of models of the account. */
const files = async () => {
  const { blobs } = await world.platform.store.blobs.artifacts.list(`${world.accountId}/`, { limit: 1000 });
  return blobs.map(({ key }) => key);
};

/** Resolves once the file is in its place. */
async function made(before: readonly string[]): Promise<string> {
  for (;;) {
    const found = (await files()).filter((key) => !before.includes(key));
    if (found.length > 0) return found[0]!;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test.each([
  ['encrypted', {}, { password: PASSWORD }],
  ['plain', { enable_encryption: false }, {}],
  ['ChaCha20-Poly1305', { encryption_algorithm: 'ChaCha20Poly1305' }, {}],
])('a file is made before the completion, which uses it (%s)', async (_, config, more) => {
  const before = await files();
  const { id, put, complete, upload } = await start(config, more);
  // In whatever order they come.
  const third = await put(3);
  const first = await put(1);
  expect((await files()).filter((key) => !before.includes(key))).toEqual([]);
  const second = await put(2);
  const early = await made(before);
  expect(earlyFiles.has(upload)).toBe(true);
  expect((await world.load(id, 'm', PASSWORD)).status).toBe(404);
  const saved = await complete([first, second, third]);
  expect([saved.status, saved.body.hash]).toEqual([201, sha256(BYTES)]);
  expect((await files()).filter((key) => !before.includes(key))).toEqual([early]);
  expect(earlyFiles.has(upload)).toBe(false);
  const password = 'password' in more ? PASSWORD : undefined;
  expect(await loaded(id, password)).toBe(sha256(BYTES));
  const { account_id, vault } = await getManager(world.platform.store.table, world.accountId, id);
  expect(await world.platform.store.table.get(keys.orphans('artifacts', `${account_id}/${vault}`))).toBeUndefined();
});

/** The files of contents: their names, and which file of the disk each is. */
const contents = () =>
  readdirSync(join(world.platform.store.dir, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => ({ name, inode: statSync(join(parentPath, name)).ino }));

test('the parts are the file: none is written again, and nothing that opens them stays', async () => {
  const [before, files_] = [new Set(contents().map(({ inode }) => inode)), await files()];
  const { id, put, complete } = await start({}, { password: PASSWORD });
  const parts = [await put(1), await put(2), await put(3)];
  await made(files_);
  const own = () => contents().filter(({ inode }) => !before.has(inode));
  const staged = own().filter(({ name }) => name.endsWith('.view.framed'));
  expect(staged).toHaveLength(3);
  expect((await complete(parts)).status).toBe(201);
  // The header is the fourth.
  expect(own()).toHaveLength(4);
  expect(own().map(({ inode }) => inode)).toEqual(expect.arrayContaining(staged.map(({ inode }) => inode)));
  expect(own().filter(({ name }) => /view|key/.test(name))).toEqual([]);
  expect(await loaded(id, PASSWORD)).toBe(sha256(BYTES));
});

test('a file that gets smaller is written again, compressed', async () => {
  const before = await files();
  const { id, put, complete } = await start({}, { password: PASSWORD });
  const text = Buffer.alloc(BYTES.length, 'all work and no play ');
  const parts = [0, 1, 2].map((n) => text.subarray(n * 5 * 2 ** 20, (n + 1) * 5 * 2 ** 20));
  const listed = [await put(1, parts[0]), await put(2, parts[1]), await put(3, parts[2])];
  const early = await made(before);
  expect((await world.platform.store.blobs.artifacts.head(early))!.size).toBeLessThan(100_000);
  expect((await complete(listed)).status).toBe(201);
  expect(await loaded(id, PASSWORD)).toBe(sha256(text));
});

test('a part that is put again before it was read is the one that is saved', async () => {
  const before = await files();
  const { id, put, complete } = await start({}, { password: PASSWORD });
  await put(2, randomBytes(5 * 2 ** 20));
  const [second, third, first] = [await put(2), await put(3), await put(1)];
  const early = await made(before);
  expect((await complete([first, second, third])).status).toBe(201);
  // It had not to be made at the end.
  expect(await files()).toContain(early);
  expect(await loaded(id, PASSWORD)).toBe(sha256(BYTES));
});

test('a part that is put again after it was read is the one that is saved', async () => {
  const before = await files();
  const { id, put, complete } = await start();
  const [first, , third] = [await put(1), await put(2), await put(3)];
  const early = await made(before);
  const other = randomBytes(5 * 2 ** 20);
  const saved = await complete([first, await put(2, other), third]);
  const wanted = sha256(Buffer.concat([BYTES.subarray(0, 5 * 2 ** 20), other, BYTES.subarray(10 * 2 ** 20)]));
  expect([saved.status, saved.body.hash]).toEqual([201, wanted]);
  expect(await loaded(id)).toBe(wanted);
  expect(await files()).not.toContain(early);
});

test('a part that is put again with the same checksum is told from the other', async () => {
  const { put, complete } = await start();
  const [first, second, third] = [await put(1), await put(2), await put(3)];
  const { etag } = await put(2);
  expect(etag).toBe(second.etag);
  const saved = await complete([first, second, third]);
  expect([saved.status, saved.body.hash]).toEqual([201, sha256(BYTES)]);
});

test('after its process was replaced, what is staged is saved', async () => {
  const before = await files();
  const { id, put, complete, upload } = await start();
  const parts = [await put(1), await put(2), await put(3)];
  const early = await made(before);
  const { settings, store } = world.platform;
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  await earlyFiles.drop({ adapters: store, settings, logger }, upload);
  expect(await files()).not.toContain(early);
  expect((await complete(parts)).status).toBe(201);
  expect(await loaded(id)).toBe(sha256(BYTES));
});

test('a completion that comes before the file is made waits for it, and of several at once one saves', async () => {
  const { id, put, complete } = await start({}, { replace_existing: true });
  const parts = await Promise.all([put(1), put(2), put(3)]);
  const answers = await Promise.all([complete(parts), complete(parts)]);
  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
  expect(answers[0]!.body).toEqual(answers[1]!.body);
  expect(await loaded(id)).toBe(sha256(BYTES));
});

test('of an upload that is never completed nothing stays', async () => {
  const before = await files();
  const { put } = await start();
  for (const part of [1, 2, 3]) await put(part);
  const early = await made(before);
  const { clock, store, settings } = world.platform;
  // A process that died does not delete it by itself.
  clock.now += 3 * 3_600_000;
  await makeSweep(store, { settings, logger: { debug() {}, info() {}, warn() {}, error() {} } })();
  expect(await files()).not.toContain(early);
});

test('an upload that an earlier version began goes on with its larger parts', async () => {
  const { store } = world.platform;
  const { id, upload } = await start();
  const manager = await getManager(store.table, world.accountId, id);
  await store.table.update(keys.vaultUpload(manager.account_id, manager.vault, upload), { remove: ['part_size'] });
  const path = `/${id}/models/uploads/${upload}`;
  const { part_size, parts } = (await world.call('GET', path)).body;
  expect([part_size, parts.length]).toEqual([16 * 2 ** 20, 1]);
  const etag = await putPart(store, parts[0].url, BYTES);
  const saved = await world.call('POST', `${path}/complete`, { parts: [{ part: 1, etag }] });
  expect([saved.status, saved.body.hash]).toEqual([201, sha256(BYTES)]);
  expect(await loaded(id)).toBe(sha256(BYTES));
});

test('of one account two files are made at once, and its other uploads are made at the end', async () => {
  const waiting = [await start(), await start()];
  const before = await files();
  const third = await start();
  expect([...waiting, third].map(({ upload }) => earlyFiles.has(upload))).toEqual([true, true, false]);
  const parts = [await third.put(1), await third.put(2), await third.put(3)];
  const saved = await third.complete(parts);
  expect([saved.status, saved.body.hash]).toEqual([201, sha256(BYTES)]);
  expect((await files()).filter((key) => !before.includes(key))).toHaveLength(1);
  const { store } = world.platform;
  for (const { id, upload } of waiting) {
    const manager = await getManager(store.table, world.accountId, id);
    const found = await findVaultUpload(store.table, manager, upload, world.platform.clock.now);
    await store.blobs.artifacts.abortUpload(stagedModel(manager, upload).file, found!.upload_id);
  }
});
