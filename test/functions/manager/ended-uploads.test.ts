/** Uploads in parts that are completed twice, or given up. */
import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { getManager } from '#domain/vault/managers.ts';
import { stagedArchive, stagedModel } from '#domain/vault/staged.ts';
import { findArchiveUpload, findVaultUpload } from '#domain/vault/uploads.ts';
import { makeHandler as makeSchedule } from '#functions/events/back-up-vaults.ts';
import { makeHandler as makeSweep } from '#functions/events/sweep.ts';
import { deliverer } from './deliver.ts';
import { getFile, putPart } from './presigned.ts';
import { useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault((adapters) => adapters, { vaultBytesAtOnce: 1000 });
const deliver = deliverer(world);
afterEach(async () => {
  while (await deliver());
});

const SMALL = Buffer.from('a small model');
const LARGE = randomBytes(3000);
const UPLOADS = { models: { model_name: 'm' }, backup: {} } as const;

async function begin(id: string, bytes: Uint8Array, kind: keyof typeof UPLOADS = 'models') {
  const json = { ...UPLOADS[kind], file_size: bytes.length };
  const { status, body } = await world.call('POST', `/${id}/${kind}/uploads`, json);
  expect(status).toBe(201);
  const path = `/${id}/${kind}/uploads/${body.upload_id}`;
  const sent: object[] = [];
  for (const { part, url } of body.parts) {
    const content = bytes.subarray((part - 1) * body.part_size, part * body.part_size);
    sent.push({ part, etag: await putPart(world.platform.store, url, content) });
  }
  return {
    path,
    uploadId: String(body.upload_id),
    complete: () => world.call('POST', `${path}/complete`, { parts: sent }),
    giveUp: () => world.call('DELETE', path),
  };
}

/** Files on the disk of what is staged in plain. */
const framed = () =>
  readdirSync(world.platform.store.dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.framed'),
  );
/** Files of more than a megabyte below the blobs. */
const large = () =>
  readdirSync(world.platform.store.dir, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.startsWith('blobs/') && statSync(join(world.platform.store.dir, name)).size > 1e6,
  );
const entries = async (id: string, query: string) =>
  (await world.call('GET', `/${id}/audit/trail?${query}`)).body.audit_entries;
const modelCount = async (id: string) => (await world.call('GET', `/${id}/info`)).body.model_count;

test.each(['models', 'backup'] as const)(
  'an upload of %s given up while it is completed is not found',
  async (kind) => {
    const id = await world.manager({ backup_enabled: false });
    const { complete, uploadId } = await begin(id, SMALL, kind);
    const { artifacts, backups } = world.platform.store.blobs;
    const blobs = kind === 'models' ? artifacts : backups;
    const of = await getManager(world.platform.store.table, world.accountId, id);
    const record = await (kind === 'models' ? findVaultUpload : findArchiveUpload)(
      world.platform.store.table,
      of,
      uploadId,
      world.platform.clock.now,
    );
    // What giving up does first; the record goes last.
    const { file } = (kind === 'models' ? stagedModel : stagedArchive)(of, uploadId);
    await blobs.abortUpload(file, record!.upload_id);
    expect(await complete()).toMatchObject({ status: 404, body: { message: `Upload ${uploadId} not found` } });
  },
);

describe('an upload that is completed again', () => {
  test('has the same answer, and saves nothing twice', async () => {
    const id = await world.manager();
    const { complete } = await begin(id, SMALL);
    const first = await complete();
    expect([first.status, first.body.backup_created]).toEqual([201, true]);
    expect(await complete()).toMatchObject({ status: 201, body: first.body });
    expect(await modelCount(id)).toBe(1);
    expect((await world.call('GET', `/${id}/backup/list?kind=save`)).body.total_backups).toBe(1);
    expect(await entries(id, 'action_type=model_save')).toHaveLength(1);
    expect((await entries(id, 'action_type=model_upload'))[0]).toMatchObject({ success: true, model_name: 'm' });
  });

  test('has it also where it went on as a job whose answer was lost', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { complete } = await begin(id, LARGE);
    expect((await complete()).status).toBe(202);
    await deliver();
    const first = await complete();
    expect(first.status).toBe(201);
    expect(await complete()).toMatchObject({ status: 201, body: first.body });
  });

  test('says what was saved then, also once the model is another one or gone', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { complete } = await begin(id, SMALL);
    const { body } = await complete();
    await world.call('DELETE', `/${id}/models/m?confirm_deletion=true`);
    expect(await complete()).toMatchObject({ status: 201, body });
    expect(await modelCount(id)).toBe(0);
  });

  test('has it for an hour', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { clock, store, settings } = world.platform;
    const { complete, uploadId } = await begin(id, SMALL);
    clock.now += 3_000_000;
    await complete();
    clock.now += 3_000_000;
    expect((await complete()).status).toBe(201);
    clock.now += 600_001;
    expect((await complete()).status).toBe(404);
    await makeSchedule(store, { settings, logger: { debug() {}, info() {}, warn() {}, error() {} } })();
    const { account_id, vault } = await getManager(store.table, world.accountId, id);
    expect(await store.table.get(keys.vaultUpload(account_id, vault, uploadId))).toBeUndefined();
    expect(await modelCount(id)).toBe(1);
  });

  test('has another hour where it went on as a job shortly before its end', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { clock, store, settings } = world.platform;
    const { complete } = await begin(id, LARGE);
    clock.now += 3_540_000;
    expect((await complete()).status).toBe(202);
    clock.now += 600_000;
    const options = { settings, logger: { debug() {}, info() {}, warn() {}, error() {} } };
    await makeSchedule(store, options)();
    await makeSweep(store, options)();
    await deliver();
    expect((await complete()).status).toBe(201);
  });

  test('does what a process that died after the save had not done', async () => {
    const id = await world.manager();
    const { complete, uploadId } = await begin(id, SMALL);
    const { body } = await complete();
    const { table } = world.platform.store;
    const { account_id, vault } = await getManager(table, world.accountId, id);
    const completed = { answer: { ...body, backup_created: false }, ended: false };
    await table.update(keys.vaultUpload(account_id, vault, uploadId), { set: { completed } });
    expect((await complete()).body).toEqual(body);
    expect((await world.call('GET', `/${id}/backup/list?kind=save`)).body.total_backups).toBe(2);
  });

  test('of an archive has the same backup', async () => {
    const { id, archive } = await archived();
    const { complete } = await begin(id, archive, 'backup');
    expect((await complete()).status).toBe(202);
    await deliver();
    const first = await complete();
    expect([first.status, first.body.backup_name]).toEqual([201, 'b']);
    expect(await complete()).toMatchObject({ status: 201, body: first.body });
  });
});

async function archived() {
  const id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm', { model_data: LARGE.toString('base64') });
  await world.call('POST', `/${id}/backup/create`, { backup_name: 'b' });
  await deliver();
  const { body } = await world.call('POST', `/${id}/backup/b/archive`);
  await deliver();
  expect(body.status).toBe('in_progress');
  const { download_url } = (await world.call('POST', `/${id}/backup/b/archive`)).body;
  const archive = await getFile(world.platform.store, download_url);
  expect((await world.call('DELETE', `/${id}/backup/b`)).status).toBe(200);
  return { id, archive };
}

describe('an upload that is given up', () => {
  test('leaves nothing, at once, and is in the audit trail', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { complete, giveUp, path } = await begin(id, SMALL);
    expect(framed()).not.toEqual([]);
    const { status, text } = await giveUp();
    expect([status, text]).toEqual([204, '']);
    expect(framed()).toEqual([]);
    for (const again of [giveUp, complete, () => world.call('GET', path)]) expect((await again()).status).toBe(404);
    expect(await modelCount(id)).toBe(0);
    const [, , , given] = await entries(id, 'action_type=model_upload,model_save');
    expect(given).toMatchObject({ action: 'model_upload', model_name: 'm', success: true });
  });

  test('also takes with it what was made of its first parts', async () => {
    const id = await world.manager({ backup_enabled: false });
    const json = { model_name: 'm', file_size: 12_000_000 };
    const { body } = await world.call('POST', `/${id}/models/uploads`, json);
    const part = randomBytes(body.part_size);
    await putPart(world.platform.store, body.parts[0].url, part);
    expect(large()).not.toEqual([]);
    expect((await world.call('DELETE', `/${id}/models/uploads/${body.upload_id}`)).status).toBe(204);
    expect(large()).toEqual([]);
  });

  test('while it is saved as a job is not saved', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { complete, giveUp } = await begin(id, LARGE);
    expect((await complete()).status).toBe(202);
    expect((await giveUp()).status).toBe(204);
    expect(framed()).toEqual([]);
    await deliver();
    expect((await complete()).status).toBe(404);
    expect(await modelCount(id)).toBe(0);
  });

  test('while it is completed is either saved or given up, never both', async () => {
    const id = await world.manager({ backup_enabled: false });
    for (let round = 0; round < 12; round += 1) {
      const { complete, giveUp } = await begin(id, SMALL);
      const [saved, given] = await Promise.all([complete(), delay(round % 6).then(giveUp)]);
      expect([
        [201, 409],
        [404, 204],
      ]).toContainEqual([saved.status, given.status]);
      expect(await modelCount(id)).toBe(saved.status === 201 ? 1 : 0);
      if (saved.status === 201) await world.call('DELETE', `/${id}/models/m?confirm_deletion=true`);
    }
  });

  test('of an archive adds no backup, also while it is added as a job', async () => {
    const { id, archive } = await archived();
    const { giveUp, complete } = await begin(id, archive, 'backup');
    expect((await complete()).status).toBe(202);
    expect((await giveUp()).status).toBe(204);
    await deliver();
    expect((await complete()).status).toBe(404);
    expect((await world.call('GET', `/${id}/backup/list`)).body.total_backups).toBe(0);
    expect((await giveUp()).status).toBe(404);
  });

  test('once it was completed is refused with what it became', async () => {
    const id = await world.manager({ backup_enabled: false });
    const { complete, giveUp } = await begin(id, SMALL);
    await complete();
    const { status, body } = await giveUp();
    expect([status, body.message]).toEqual([409, expect.stringContaining("model 'm' is saved")]);
    expect((await world.load(id, 'm')).body.model_data).toBe(SMALL.toString('base64'));
    const [refused] = await entries(id, 'action_type=model_upload&success=false');
    expect(refused).toMatchObject({ reason: 'conflict' });
  });

  test('of another manager is none', async () => {
    const id = await world.manager({ backup_enabled: false });
    const other = await world.manager({ backup_enabled: false });
    const { path, complete } = await begin(id, SMALL);
    expect((await world.call('DELETE', path.replace(id, other))).status).toBe(404);
    expect((await complete()).status).toBe(201);
  });

  test('leaves nothing for the schedules to do', async () => {
    const id = await world.manager({ backup_enabled: false });
    await (await begin(id, SMALL)).giveUp();
    const { store, settings, clock } = world.platform;
    const options = { settings, logger: { debug() {}, info() {}, warn() {}, error() {} } };
    clock.now += 3_600_001;
    await makeSchedule(store, options)();
    await makeSweep(store, options)();
    expect(framed()).toEqual([]);
  });
});
