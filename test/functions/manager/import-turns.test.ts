/** Archives that one turn of a job has no time to add. */
import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { findJob } from '#domain/vault/jobs.ts';
import { getManager } from '#domain/vault/managers.ts';
import { findUnfinished } from '#domain/vault/unfinished-backups.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { fingerprintOf } from '#functions/manager/jobs/run-or-queue.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { deliverer } from './deliver.ts';
import { dying } from './dying.ts';
import { getFile, putPart } from './presigned.ts';
import { scheduler } from './scheduled.ts';
import { bytesOf, useVault } from './world.ts';

jest.setTimeout(120_000);

const world = useVault((adapters) => adapters, { vaultBytesAtOnce: 1000 });
const deliver = deliverer(world);
afterEach(async () => {
  while (await deliver());
});

const MODELS = 5;
const files = Array.from({ length: MODELS }, () => randomBytes(150_000));
let id = '';
let archive: Buffer = Buffer.alloc(0);
beforeAll(async () => {
  id = await world.manager({ backup_enabled: false });
  for (const [model, bytes] of files.entries()) {
    expect((await world.save(id, `m${model}`, { model_data: bytes.toString('base64') })).status).toBe(201);
  }
  expect((await toEnd(`/${id}/backup/create`, { backup_name: 'b' })).status).toBe(201);
  const { body } = await toEnd(`/${id}/backup/b/archive`);
  archive = await getFile(world.platform.store, body.download_url);
  await world.call('DELETE', `/${id}/backup/b`);
});

async function toEnd(path: string, json?: object) {
  for (;;) {
    const answer = await world.call('POST', path, json);
    if (answer.status !== 202) return answer;
    await deliver();
  }
}

/** An archive that was put in parts: how to complete it, and its path. */
async function put(bytes: Uint8Array) {
  const started = await world.call('POST', `/${id}/backup/uploads`, { file_size: bytes.length });
  expect(started.status).toBe(201);
  const { upload_id, parts } = started.body;
  const etag = await putPart(world.platform.store, parts[0].url, bytes);
  const path = `/${id}/backup/uploads/${upload_id}`;
  const complete = () => world.call('POST', `${path}/complete`, { parts: [{ part: 1, etag }] });
  return { path, upload_id, complete };
}

const contents = async () =>
  (await world.platform.store.blobs.backups.list(`${world.accountId}/vault/${id}/`)).blobs.map(({ key }) => key);

const managerOf = () => getManager(world.platform.store.table, world.accountId, id);
const started = async () => findUnfinished(world.platform.store.table, await managerOf(), 'b', 0);

/** What is due is done: by the schedule of backups, and by the sweep. */
async function cleanUp() {
  await scheduler(world).find();
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  await makeSweep(permitted('sweep', world.platform.store), { settings: { waitingSeconds: 600 }, logger })();
}

async function progressOf(upload_id: string) {
  const job = await findJob(world.platform.store.table, await managerOf(), 'import', fingerprintOf({ upload_id }));
  return job!.progress;
}

/** Everything in the backup opens, and it goes. */
async function expectWhole() {
  expect((await world.call('GET', `/${id}/backup/list`)).body.total_backups).toBe(1);
  const restored = await toEnd(`/${id}/backup/restore`, { backup_name: 'b', overwrite_existing: true });
  expect(restored.body.restored_models).toHaveLength(MODELS);
  for (const [model, bytes] of files.entries()) {
    expect(bytesOf(await world.load(id, `m${model}`)).equals(bytes)).toBe(true);
  }
  await world.call('DELETE', `/${id}/backup/b`);
  world.platform.clock.now += 7_200_000;
  await cleanUp();
  expect(await contents()).toEqual([]);
}

const PACKED: readonly [string, () => Uint8Array][] = [
  ['as it was made', () => archive],
  ['packed anew', () => gzipSync(gunzipSync(archive))],
  ['unpacked', () => gunzipSync(archive)],
];

describe.each(PACKED)('an archive that is added in several turns (%s)', (_, packed) => {
  test('is whole, and nobody sees it before', async () => {
    const { complete } = await put(packed());
    expect((await complete()).status).toBe(202);
    let turns = 0;
    while (await deliver(0)) {
      turns += 1;
      if (await started()) expect((await world.call('GET', `/${id}/backup/list`)).body.total_backups).toBe(0);
    }
    // A manifest, and a file for each model.
    expect(turns).toBe(MODELS + 2);
    const { status, body } = await complete();
    expect([status, body]).toMatchObject([201, { backup_name: 'b', model_count: MODELS }]);
    await expectWhole();
  });

  test('of which a file was changed is refused in a later turn, and nothing of it stays', async () => {
    const plain = gunzipSync(archive);
    plain[plain.length - 100_000]! ^= 1;
    const { complete } = await put(packed === PACKED[2]![1] ? plain : gzipSync(plain, { level: 0 }));
    expect((await complete()).status).toBe(202);
    await deliver(0);
    await deliver(0);
    expect((await contents()).some((key) => key.includes('/contents/'))).toBe(true);
    while (await deliver(0));
    const { status, body } = await complete();
    expect([status, JSON.stringify(body.details)]).toEqual([
      400,
      expect.stringMatching(/its file .*contents\/[0-9a-f-]+.* was changed/),
    ]);
    expect(await started()).toBeUndefined();
    expect((await contents()).filter((key) => !key.includes('/archives/'))).toEqual([]);
  });
});

describe('an archive that is added in several turns', () => {
  test.each([4, 9, 14, 19, 24])('is whole where its process was killed at change %i', async (change) => {
    const { complete } = await put(archive);
    expect((await complete()).status).toBe(202);
    await deliver(0);
    const guarded = dying(world.platform.store);
    guarded.killAt(change);
    await deliverer(world, () => guarded.adapters)().catch(() => undefined);
    expect(guarded.killed).toBe(true);
    // The lease of the dead process, and its message, come to an end.
    world.platform.clock.now += 1_000_000;
    while (await deliver());
    expect((await complete()).status).toBe(201);
    await expectWhole();
  });

  test('goes on from its last place', async () => {
    const { complete, upload_id } = await put(archive);
    expect((await complete()).status).toBe(202);
    for (let turn = 0; turn < 4; turn += 1) await deliver(0);
    const progress = await progressOf(upload_id);
    expect(progress).toMatchObject({ files: 3, has_manifest: true, place: { format: 'gzip' } });
    const { place, next } = progress as { place: { tar: number }; next: number };
    expect(next - place.tar).toBeLessThan(4 * 65_535);
    while (await deliver());
    expect((await complete()).status).toBe(201);
    await expectWhole();
  });

  test('is kept as long as its turns take', async () => {
    const { complete, upload_id } = await put(archive);
    expect((await complete()).status).toBe(202);
    for (let turn = 0; turn < 4; turn += 1) {
      await deliver(0);
      world.platform.clock.now += 3_000_000;
      await cleanUp();
    }
    expect(await progressOf(upload_id)).toMatchObject({ files: 3, has_manifest: true });
    while (await deliver());
    const { status, body } = await complete();
    expect([status, body]).toMatchObject([201, { backup_name: 'b' }]);
    await expectWhole();
  });

  test('is gone with what was stored where nobody has worked on it for an hour', async () => {
    const { complete } = await put(archive);
    expect((await complete()).status).toBe(202);
    for (let turn = 0; turn < 3; turn += 1) await deliver(0);
    expect((await contents()).some((key) => key.includes('/contents/'))).toBe(true);
    world.platform.clock.now += 7_200_000;
    await cleanUp();
    expect(await started()).toBeUndefined();
    expect(await contents()).toEqual([]);
    while (await deliver());
    expect((await complete()).status).toBe(404);
  });

  test('that is given up between two turns is gone with what was stored', async () => {
    const { complete, path } = await put(archive);
    expect((await complete()).status).toBe(202);
    for (let turn = 0; turn < 3; turn += 1) await deliver(0);
    expect(await started()).toBeDefined();
    expect((await world.call('DELETE', path)).status).toBe(204);
    while (await deliver(0));
    expect((await complete()).status).toBe(404);
    expect(await started()).toBeUndefined();
    expect((await contents()).filter((key) => !key.includes('/archives/'))).toEqual([]);
  });
});
