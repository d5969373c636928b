import { describe, expect, jest, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { getBackup } from '#domain/vault/backups.ts';
import { scheduler } from './scheduled.ts';
import { bytesOf, FILE, PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault();
const QUIET = { backup_enabled: false };
const backUp = (id: string, backup_name: string, more = {}) =>
  world.call('POST', `/${id}/backup/create`, { backup_name, ...more });
const restore = (id: string, backup_name: string, more = {}) =>
  world.call('POST', `/${id}/backup/restore`, { backup_name, ...more });
const remove = (id: string, name: string) =>
  world.call('DELETE', `/${id}/models/${name}`, { confirm_deletion: true, backup_before_delete: false });
const contents = async (id: string) => {
  const prefix = blobKeys.backupContentPrefix(world.accountId, id, '').slice(0, -1);
  return (await world.platform.store.blobs.backups.list(prefix)).blobs.length;
};

describe('a backup', () => {
  test('needs no password to be made or restored, and what was restored needs its own to be loaded', async () => {
    const id = await world.manager(QUIET);
    await world.save(id, 'm', { password: PASSWORD, tags: ['t'], digital_signature: true });
    expect((await backUp(id, 'b')).status).toBe(201);
    await remove(id, 'm');
    const restored = await restore(id, 'b', { restore_password: 'not needed' });
    expect([restored.status, restored.body]).toMatchObject([200, { models_restored: 1, restored_models: ['m'] }]);
    expect((await world.load(id, 'm')).status).toBe(403);
    expect(bytesOf(await world.load(id, 'm', PASSWORD)).equals(FILE)).toBe(true);
    expect((await world.call('GET', `/${id}/models/m/info`)).body).toMatchObject({ tags: ['t'], signed: true });
  });

  test('of a password opens with that one only', async () => {
    const id = await world.manager({ ...QUIET, enable_encryption: false });
    await world.save(id, 'm');
    await backUp(id, 'b', { backup_password: PASSWORD });
    await remove(id, 'm');
    expect((await restore(id, 'b')).status).toBe(403);
    expect((await restore(id, 'b', { restore_password: 'wrong' })).body.error).toBe('WrongPasswordError');
    expect((await restore(id, 'b', { restore_password: PASSWORD })).status).toBe(200);
    expect(bytesOf(await world.load(id, 'm')).equals(FILE)).toBe(true);
  });

  test('of models that are stored plainly is encrypted all the same, unless that is not wanted', async () => {
    const id = await world.manager({ ...QUIET, enable_encryption: false });
    const text = 'plain text of a model, long enough to be found again. '.repeat(3);
    const model_data = Buffer.from(text).toString('base64');
    await world.save(id, 'm', { model_data });
    const holdsText = async () => {
      const { backups } = world.platform.store.blobs;
      const { blobs } = await backups.list(`${world.accountId}/vault/${id}/`);
      const all = await Promise.all(
        blobs.map(async ({ key }) => Buffer.concat(await (await backups.get(key)).body.toArray())),
      );
      return all.some((bytes) => bytes.includes('found again') || bytes.includes('"manager_id"'));
    };
    await backUp(id, 'encrypted');
    expect(await holdsText()).toBe(false);
    await backUp(id, 'plain', { encrypt_backup: false });
    expect(await holdsText()).toBe(true);
    expect((await world.call('GET', `/${id}/security/status`)).body.backup_encryption).toBe(false);
  });

  test('has a name of its own, however many are made in a second without one', async () => {
    const id = await world.manager(QUIET);
    await world.save(id, 'm');
    const answers = await Promise.all(Array.from({ length: 3 }, () => world.call('POST', `/${id}/backup/create`, {})));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body.backup_name)).size).toBe(3);
  });

  test('is not left without the password that it was given', async () => {
    const id = await world.manager(QUIET);
    await world.save(id, 'm');
    const request = { backup_name: 'b', backup_password: 'x', encrypt_backup: false };
    const { status, body } = await world.call('POST', `/${id}/backup/create`, request);
    expect([status, Object.keys(body.details)]).toEqual([400, ['encrypt_backup']]);
  });

  test('copies only what changed, and lets go of it when the last one is deleted', async () => {
    const id = await world.manager(QUIET);
    await world.save(id, 'a');
    await world.save(id, 'b');
    await backUp(id, 'first');
    expect(await contents(id)).toBe(2);
    await world.save(id, 'c');
    await backUp(id, 'second');
    expect(await contents(id)).toBe(3);
    expect((await world.call('DELETE', `/${id}/backup/first`)).status).toBe(200);
    expect(await contents(id)).toBe(3);
    for (const name of ['a', 'b', 'c']) await remove(id, name);
    expect((await restore(id, 'second')).body.restored_models).toEqual(['a', 'b', 'c']);
    await world.call('DELETE', `/${id}/backup/second`);
    expect(await contents(id)).toBe(0);
    expect((await restore(id, 'second')).body).toMatchObject({
      error: 'BackupNotFoundError',
      details: { available_backups: [] },
    });
  });

  test.each([
    ['is shared by backups that the platform opens', undefined, 1],
    ['is copied for each backup that has a password', PASSWORD, 2],
  ])('of a model that is stored plainly %s', async (_, backup_password, copies) => {
    const id = await world.manager({ ...QUIET, enable_encryption: false });
    await world.save(id, 'm');
    const more = backup_password === undefined ? {} : { backup_password };
    await backUp(id, 'first', more);
    await backUp(id, 'second', more);
    expect(await contents(id)).toBe(copies);
    const { items } = await world.platform.store.table.query({
      partition: `ACCOUNT#${world.accountId}#VAULTBACKUPS#${id}`,
      prefix: 'SEALED#',
      limit: 10,
    });
    expect(items).toHaveLength(backup_password === undefined ? 1 : 0);
    await world.call('DELETE', `/${id}/backup/first`);
    await remove(id, 'm');
    const restore_password = backup_password === undefined ? {} : { restore_password: backup_password };
    expect((await restore(id, 'second', restore_password)).body.restored_models).toEqual(['m']);
    expect(bytesOf(await world.load(id, 'm')).equals(FILE)).toBe(true);
  });

  test('of some names does the others and lists what is missing', async () => {
    const id = await world.manager(QUIET);
    await world.save(id, 'a');
    await world.save(id, 'b');
    expect((await backUp(id, 'b', { include_models: ['a', 'x'] })).body).toMatchObject({
      models_included: 1,
      missing: ['x'],
    });
    expect((await backUp(id, 'none', { include_models: ['x'] })).status).toBe(404);
    expect((await backUp(id, 'b')).body.error).toBe('BackupExistsError');
    expect((await restore(id, 'b', { models_to_restore: ['x'] })).status).toBe(404);
    await remove(id, 'a');
    const dry = await restore(id, 'b', { models_to_restore: ['a', 'x'], dry_run: true });
    expect(dry.body).toMatchObject({
      models_restored: 0,
      restored_models: [],
      would_restore: ['a'],
      missing: ['x'],
      dry_run: true,
    });
    expect((await world.load(id, 'a')).status).toBe(404);
  });

  test('overwrites only where that is wanted', async () => {
    const id = await world.manager(QUIET);
    await world.save(id, 'm');
    await backUp(id, 'b');
    const model_data = Buffer.from('newer').toString('base64');
    await world.save(id, 'm', { model_data, replace_existing: true });
    expect((await restore(id, 'b')).body).toMatchObject({ models_restored: 0, skipped_models: ['m'] });
    expect(bytesOf(await world.load(id, 'm')).toString()).toBe('newer');
    expect((await restore(id, 'b', { overwrite_existing: true })).body.models_restored).toBe(1);
    expect(bytesOf(await world.load(id, 'm')).equals(FILE)).toBe(true);
  });

  test('of which a file or the manifest was cut is 422, and restores nothing of it', async () => {
    const id = await world.manager(QUIET);
    await world.save(id, 'm');
    await backUp(id, 'b');
    await remove(id, 'm');
    const { table, blobs } = world.platform.store;
    const prefix = blobKeys.backupContentPrefix(world.accountId, id, '').slice(0, -1);
    const key = (await blobs.backups.list(prefix)).blobs[0]!.key;
    const stored = Buffer.concat(await (await blobs.backups.get(key)).body.toArray());
    await blobs.backups.put(key, stored.subarray(0, -1));
    expect((await restore(id, 'b')).status).toBe(422);
    expect((await world.load(id, 'm')).status).toBe(404);
    await blobs.backups.delete(key);
    expect((await restore(id, 'b')).status).toBe(422);
    const backup = await getBackup(table, { account_id: world.accountId, id }, 'b');
    const manifest = blobKeys.backupManifest(world.accountId, id, backup.id);
    const bytes = Buffer.concat(await (await blobs.backups.get(manifest)).body.toArray());
    await blobs.backups.put(manifest, bytes.subarray(0, -1));
    expect((await restore(id, 'b')).body.error).toBe('IntegrityError');
  });

  test('of a deleted manager is restored by the manager that is created again', async () => {
    const id = await world.manager(QUIET);
    await world.save(id, 'm', { password: PASSWORD });
    const gone = await world.call('DELETE', `/${id}?confirm_deletion=true`);
    expect(gone.body).toMatchObject({ backup_created: true, models_deleted: 1 });
    await world.call('POST', '/create', { manager_id: id });
    const backup_name = /backups\/(.*)\.backup/.exec(gone.body.backup_path)![1]!;
    expect((await restore(id, backup_name)).body.restored_models).toEqual(['m']);
    expect(bytesOf(await world.load(id, 'm', PASSWORD)).equals(FILE)).toBe(true);
  });

  test('by schedule is made when its interval has passed, and goes when its time is over', async () => {
    const { platform } = world;
    const { run } = scheduler(world);
    const id = await world.manager({ backup_interval_hours: 24, backup_retention_days: 2 });
    await world.save(id, 'm');
    const scheduled = async () => (await world.call('GET', `/${id}/backup/list?kind=scheduled`)).body.total_backups;
    await run();
    expect(await scheduled()).toBe(0);
    platform.clock.now += 24 * 3_600_000;
    await run();
    await run();
    expect(await scheduled()).toBe(1);
    expect((await world.call('GET', `/${id}/health`)).body).toMatchObject({ status: 'healthy' });
    platform.clock.now += 50 * 3_600_000;
    expect((await world.call('GET', `/${id}/health`)).body).toMatchObject({
      status: 'degraded',
      checks: { backup_system: false },
    });
    // Backups of saves, and those that somebody asks for, do not take the place of one by schedule.
    await world.save(id, 'n');
    await backUp(id, 'b');
    expect((await world.call('GET', `/${id}/health`)).body.checks.backup_system).toBe(false);
    await run();
    expect(await scheduled()).toBe(1);
    expect((await world.call('GET', `/${id}/health`)).body.status).toBe('healthy');
  });
});
