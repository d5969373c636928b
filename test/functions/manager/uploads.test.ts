/** Models in parts: saved and downloaded within a request, or as a job. */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { isStagedInPlain } from '#domain/blob-keys.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { getManager } from '#domain/vault/managers.ts';
import { stagedModel } from '#domain/vault/staged.ts';
import { findVaultUpload } from '#domain/vault/uploads.ts';
import { compareOutputs } from '#engine/onnx/int8/difference.ts';
import { makeHandler as makeSchedule } from '#functions/events/back-up-vaults.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { deliverer } from './deliver.ts';
import { linearModel } from './onnx.ts';
import { getFile, putPart } from './presigned.ts';
import { PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

const LIMIT = 1000;
const world = useVault((adapters) => adapters, { vaultBytesAtOnce: LIMIT });
const deliver = deliverer(world);
afterEach(async () => {
  while (await deliver());
});

const SMALL = Buffer.from('a small model');
const LARGE = Buffer.from('a large model '.repeat(200));

async function start(id: string, bytes: Uint8Array, more: object = {}) {
  const json = { model_name: 'm', file_size: bytes.length, ...more };
  const started = await world.call('POST', `/${id}/models/uploads`, json);
  expect(started.status).toBe(201);
  const { upload_id, parts } = started.body;
  const etag = await putPart(world.platform.store, parts[0].url, bytes);
  const complete = (and: object = {}) =>
    world.call('POST', `/${id}/models/uploads/${upload_id}/complete`, { parts: [{ part: 1, etag }], ...and });
  return { complete };
}

const download = (id: string, password?: string) =>
  world.call('POST', `/${id}/models/download`, { model_name: 'm', ...(password === undefined ? {} : { password }) });

const staged = async () => {
  const { blobs } = await world.platform.store.blobs.artifacts.list(`${world.accountId}/`, { limit: 1000 });
  return blobs.filter(({ key }) => isStagedInPlain(key));
};

describe('a model in parts', () => {
  test.each([{}, { enable_encryption: false }])('that is small is saved within its request (%j)', async (config) => {
    const id = await world.manager({ backup_enabled: false, ...config });
    const { complete } = await start(id, SMALL);
    const saved = await complete();
    expect([saved.status, saved.body]).toMatchObject([201, { model_name: 'm', backup_created: false }]);
    expect((await world.load(id, 'm')).body.model_data).toBe(SMALL.toString('base64'));
    expect(await staged()).toEqual([]);
  });

  test('is backed up like any other', async () => {
    const id = await world.manager();
    const { complete } = await start(id, SMALL);
    expect((await complete()).body.backup_created).toBe(true);
  });

  test('that is large goes on as a job, and the same request has the end', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { complete } = await start(id, LARGE, { password: PASSWORD, tags: ['t'] });
    const going = await complete({ digital_signature: true });
    expect([going.status, going.body]).toMatchObject([202, { status: 'in_progress', model_name: 'm' }]);
    expect((await world.load(id, 'm', PASSWORD)).status).toBe(404);
    expect(await deliver()).toBe(true);
    const saved = await complete({ digital_signature: true });
    expect([saved.status, saved.body]).toMatchObject([201, { encrypted: true, file_size_mb: LARGE.length / 1e6 }]);
    expect((await world.load(id, 'm', PASSWORD)).body.model_data).toBe(LARGE.toString('base64'));
    expect((await world.load(id, 'm', 'wrong')).status).toBe(403);
    expect((await world.call('GET', `/${id}/models/m/info`)).body).toMatchObject({ tags: ['t'], signed: true });
    expect(await staged()).toEqual([]);
    const trail = await world.call('GET', `/${id}/audit/trail?action_type=model_save`);
    expect(trail.body.audit_entries).toHaveLength(1);
  });

  test('that gets smaller is compressed before it is encrypted, and comes back as it was', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { complete } = await start(id, LARGE);
    await complete();
    await deliver();
    const { body } = await complete();
    expect(body.hash).toBe(createHash('sha256').update(LARGE).digest('hex'));
    const info = (await world.call('GET', `/${id}/models/m/info`)).body;
    expect([info.compressed, info.stored_mb < LARGE.length / 2e6]).toEqual([true, true]);
    await download(id);
    await deliver();
    const { download_url } = (await download(id)).body;
    expect((await getFile(world.platform.store, download_url)).equals(LARGE)).toBe(true);
    const stored = (await world.call('GET', `/${id}/stats`)).body.storage_stats;
    expect(stored).toMatchObject({ compressed_models: 1 });
  });

  test('that is large has an int8 version as well, made in the job', async () => {
    const id = await world.manager({ backup_enabled: false, enable_quantization: true });
    const model = linearModel();
    expect(model.length).toBeGreaterThan(LIMIT);
    const { complete } = await start(id, model, { password: PASSWORD });
    expect((await complete()).status).toBe(202);
    await deliver();
    const { status, body } = await complete();
    expect([status, body.warnings, body.int8.size_mb < model.length / 2e6]).toEqual([201, [], true]);
    const json = { model_name: 'm', password: PASSWORD, variant: 'int8' };
    const { model_data } = (await world.call('POST', `/${id}/models/load`, json)).body;
    const found = await compareOutputs(model, Buffer.from(model_data, 'base64'));
    expect(body.int8).toMatchObject({ largest_difference: found.largest, mean_difference: found.mean });
  });

  test('that is completed twice at once is saved once, and stays whole', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { complete } = await start(id, SMALL, { replace_existing: true });
    const answers = await Promise.all([complete(), complete(), complete()]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body.model_id + body.saved_at)).size).toBe(1);
    expect((await world.load(id, 'm')).body.model_data).toBe(SMALL.toString('base64'));
  });

  test.each([
    ['is damaged', (file: string) => writeFileSync(file, Buffer.alloc(SMALL.length)), 409, 'FileDamagedError'],
    ['was cut off with the power', (file: string) => truncateSync(file, 5), 409, 'FileDamagedError'],
    ['never reached the disk', (file: string) => truncateSync(file), 409, 'FileDamagedError'],
    ['is gone', unlinkSync, 404, 'NotFoundError'],
  ])('of which a part %s on the disk is not saved', async (_, harm, status, code) => {
    const id = await world.manager({ backup_enabled: false });
    const { complete } = await start(id, SMALL);
    const { dir } = world.platform.store;
    const files = readdirSync(dir, { recursive: true, withFileTypes: true });
    const parts = files.filter(({ name }) => name.endsWith('.framed'));
    for (const { parentPath, name } of parts) harm(join(parentPath, name));
    const answer = await complete();
    expect([answer.status, answer.body.error]).toEqual([status, code]);
    expect((await world.load(id, 'm')).status).toBe(404);
  });

  test('is on the disk before its record says that it is saved', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { complete } = await start(id, SMALL);
    const { dir } = world.platform.store;
    const models = () =>
      readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile() && one.parentPath.includes('blobs') && !one.name.endsWith('.framed'))
        .map(({ parentPath, name }) => join(parentPath, name));
    const before = models();
    const handle = await open(join(dir, 'trainyard.db'));
    const prototype = Object.getPrototypeOf(handle) as { sync: (this: FileHandle) => Promise<void> };
    await handle.close();
    const synced: { readonly path: string; readonly saved: boolean }[] = [];
    const { sync } = prototype;
    prototype.sync = async function (this: FileHandle) {
      await sync.call(this);
      const saved = (await world.load(id, 'm')).status === 200;
      synced.push({ path: readlinkSync(`/proc/self/fd/${this.fd}`), saved });
    };
    try {
      expect((await complete()).status).toBe(201);
    } finally {
      prototype.sync = sync;
    }
    const [file = ''] = models().filter((one) => !before.includes(one));
    expect(synced).toContainEqual({ path: file, saved: false });
    expect(synced).toContainEqual({ path: dirname(file), saved: false });
  });

  test('has new URLs on request, also for parts that were put, until it ends', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { clock, store } = world.platform;
    const json = { model_name: 'm', file_size: SMALL.length };
    const { body: started } = await world.call('POST', `/${id}/models/uploads`, json);
    expect([started.expires_in, Date.parse(started.complete_by) - clock.now]).toEqual([3600, 3_600_000]);
    clock.now += 1_800_000;
    const path = `/${id}/models/uploads/${started.upload_id}`;
    const again = await world.call('GET', path);
    expect([again.status, again.body]).toMatchObject([
      200,
      {
        upload_id: started.upload_id,
        part_size: started.part_size,
        expires_in: 1800,
        complete_by: started.complete_by,
      },
    ]);
    const etag = await putPart(store, again.body.parts[0].url, SMALL);
    expect((await world.call('POST', `${path}/complete`, { parts: [{ part: 1, etag }] })).status).toBe(201);
    expect((await world.call('GET', path)).status).toBe(404);
    clock.now += 1_800_001;
    expect((await world.call('GET', path)).status).toBe(404);
  });

  test('of which a part is missing in the list is refused, and the upload goes on', async () => {
    const id = await world.manager({ backup_enabled: false });
    const bytes = randomBytes(7_000_000);
    const json = { model_name: 'm', file_size: bytes.length };
    const { upload_id, part_size, parts } = (await world.call('POST', `/${id}/models/uploads`, json)).body;
    const path = `/${id}/models/uploads/${upload_id}`;
    const put = async (part: number) => {
      const content = bytes.subarray((part - 1) * part_size, part * part_size);
      return { part, etag: await putPart(world.platform.store, parts[part - 1].url, content) };
    };
    const first = await put(1);
    const complete = (listed: object[]) => world.call('POST', `${path}/complete`, { parts: listed });
    const refused = await complete([first]);
    expect([refused.status, JSON.stringify(refused.body.details)]).toEqual([
      400,
      expect.stringContaining('must be the parts 1 to 2, in this order; got 1'),
    ]);
    const notSent = await complete([first, { part: 2, etag: first.etag }]);
    expect([notSent.status, JSON.stringify(notSent.body)]).toEqual([400, expect.stringContaining('part 2')]);
    expect((await world.call('GET', path)).status).toBe(200);
    const second = await put(2);
    expect((await complete([first, second])).status).toBe(202);
    await deliver();
    const saved = await complete([first, second]);
    expect([saved.status, saved.body.hash]).toEqual([201, createHash('sha256').update(bytes).digest('hex')]);
  });

  test('that the bucket does not know is refused without a word of where it was', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { table, blobs } = world.platform.store;
    const manager = await getManager(table, world.accountId, id);
    const json = { model_name: 'm', file_size: SMALL.length };
    const { upload_id } = (await world.call('POST', `/${id}/models/uploads`, json)).body;
    const stored = await findVaultUpload(table, manager, upload_id, world.platform.clock.now);
    await blobs.artifacts.abortUpload(stagedModel(manager, upload_id).file, stored!.upload_id);
    const parts = [{ part: 1, etag: 'x' }];
    const { status, text } = await world.call('POST', `/${id}/models/uploads/${upload_id}/complete`, { parts });
    expect([status, text.includes(world.accountId)]).toEqual([404, false]);
  });

  test('that has expired is aborted, and nothing of it stays', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { complete } = await start(id, SMALL);
    const { clock, store, settings } = world.platform;
    clock.now += 3_600_001;
    expect((await complete()).status).toBe(404);
    const options = { settings, logger: { debug() {}, info() {}, warn() {}, error() {} } };
    await makeSchedule(store, options)();
    await makeSweep(store, options)();
    expect(await staged()).toEqual([]);
    expect((await complete()).status).toBe(404);
  });
});

describe('a download', () => {
  test('of a large model goes on as a job, needs the password each time, and has what was saved', async () => {
    const id = await world.manager({ backup_enabled: false });
    await world.save(id, 'm', { model_data: LARGE.toString('base64'), password: PASSWORD });
    expect((await download(id, PASSWORD)).status).toBe(202);
    expect((await download(id, 'wrong')).status).toBe(403);
    expect(await deliver()).toBe(true);
    const done = await download(id, PASSWORD);
    expect([done.status, done.body.size_bytes]).toEqual([200, LARGE.length]);
    expect((await getFile(world.platform.store, done.body.download_url)).equals(LARGE)).toBe(true);
  });

  test('of an earlier revision has what was replaced, and one that is not kept is refused', async () => {
    const id = await world.manager({ backup_enabled: false });
    await world.save(id, 'm', { model_data: LARGE.toString('base64') });
    await world.save(id, 'm', { model_data: SMALL.toString('base64'), replace_existing: true });
    const [{ revision, hash }] = (await world.call('GET', `/${id}/models/m/info`)).body.revisions;
    const earlier = (of: string) => world.call('POST', `/${id}/models/download`, { model_name: 'm', revision: of });
    expect((await earlier(revision)).status).toBe(202);
    await deliver();
    const done = await earlier(revision);
    expect([done.status, done.body]).toMatchObject([200, { size_bytes: LARGE.length, hash }]);
    expect((await getFile(world.platform.store, done.body.download_url)).equals(LARGE)).toBe(true);
    expect((await download(id)).body.size_bytes).toBe(SMALL.length);
    const refused = await earlier('none');
    expect([refused.status, refused.body.error]).toEqual([404, 'RevisionNotFoundError']);
  });

  test('whose result nobody asked for within the hour is made again', async () => {
    const id = await world.manager({ backup_enabled: false });
    await world.save(id, 'm', { model_data: LARGE.toString('base64') });
    expect((await download(id)).status).toBe(202);
    await deliver();
    world.platform.clock.now += 3_600_001;
    expect((await download(id)).status).toBe(202);
    await deliver();
    const done = await download(id);
    expect((await getFile(world.platform.store, done.body.download_url)).equals(LARGE)).toBe(true);
  });
});

describe('where the credentials that sign URLs end early', () => {
  const bounded = useVault((adapters) => ({
    ...adapters,
    blobs: {
      ...adapters.blobs,
      artifacts: endingEarly(adapters.blobs.artifacts),
      backups: endingEarly(adapters.blobs.backups),
    },
  }));

  test('uploads and downloads say how long their URLs are valid', async () => {
    const id = await bounded.manager();
    const { now } = bounded.platform.clock;
    for (const [kind, json] of [
      ['models', { model_name: 'm', file_size: 5 }],
      ['backup', { file_size: 5 }],
    ] as const) {
      const { body } = await bounded.call('POST', `/${id}/${kind}/uploads`, json);
      expect([body.expires_in, Date.parse(body.complete_by) - now]).toEqual([900, 3_600_000]);
      const again = await bounded.call('GET', `/${id}/${kind}/uploads/${body.upload_id}`);
      expect([again.status, again.body.expires_in]).toEqual([200, 900]);
    }
    await bounded.save(id, 'm', {});
    const { body } = await bounded.call('POST', `/${id}/models/download`, { model_name: 'm' });
    expect(Date.parse(body.expires_at) - now).toBe(900_000);
  });
});

/** Of a role in the cloud, for example. */
function endingEarly(blobs: Blobs): Blobs {
  return new Proxy(blobs, {
    get(target, key) {
      if (key === 'presignedSeconds') return async (wanted: number) => Math.min(wanted, 900);
      const own: unknown = Reflect.get(target, key);
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
}
