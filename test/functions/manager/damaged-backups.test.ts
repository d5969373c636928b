/** What is damaged never takes the place of what is not, and is never all that is left. */
import { describe, expect, jest, test } from '@jest/globals';
import { damageContents, damageModel } from './damage.ts';
import { scheduler } from './scheduled.ts';
import { bytesOf, FILE, PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault();
const QUIET = { backup_enabled: false };
const KINDS = [
  ['encrypted', QUIET],
  ['stored plainly', { ...QUIET, enable_encryption: false }],
] as const;
const backUp = (id: string, backup_name: string, more = {}) =>
  world.call('POST', `/${id}/backup/create`, { backup_name, ...more });
const restore = (id: string, backup_name: string, more = {}) =>
  world.call('POST', `/${id}/backup/restore`, { backup_name, ...more });
const remove = (id: string, name: string, backup_before_delete = false) =>
  world.call('DELETE', `/${id}/models/${name}`, { confirm_deletion: true, backup_before_delete });

describe.each(KINDS)('a model that is %s, whose file was damaged,', (_, config) => {
  test('is in no backup: of others it is left out and named, and alone it is 422', async () => {
    const id = await world.manager(config);
    await world.save(id, 'm');
    await world.save(id, 'n');
    await damageModel(world, id, 'm');
    const made = await backUp(id, 'both');
    expect([made.status, made.body]).toMatchObject([201, { models_included: 1, damaged: ['m'] }]);
    const alone = await backUp(id, 'alone', { include_models: ['m'] });
    expect([alone.status, alone.body.error, alone.body.details.model_name]).toEqual([422, 'IntegrityError', 'm']);
    const trail = await world.call('GET', `/${id}/audit/trail?action_type=backup_create&success=false`);
    expect(trail.body.audit_entries[0]).toMatchObject({ reason: 'integrity_error' });
  });

  test('is not deleted after a backup that would not have it, nor is its manager', async () => {
    const id = await world.manager(config);
    await world.save(id, 'm');
    await damageModel(world, id, 'm');
    expect((await remove(id, 'm', true)).status).toBe(422);
    expect((await world.call('DELETE', `/${id}?confirm_deletion=true`)).status).toBe(422);
    expect((await world.call('GET', `/${id}/models/m/info`)).status).toBe(200);
    expect((await remove(id, 'm')).status).toBe(200);
  });

  test('does not keep the others from being backed up by schedule', async () => {
    const { platform } = world;
    const id = await world.manager({ ...config, backup_enabled: true });
    await world.save(id, 'm');
    await world.save(id, 'n');
    const { backups } = (await world.call('GET', `/${id}/backup/list?kind=save`)).body;
    for (const { backup_name } of backups) await world.call('DELETE', `/${id}/backup/${backup_name}`);
    await damageModel(world, id, 'm');
    platform.clock.now += 25 * 3_600_000;
    await scheduler(world).run();
    const { body } = await world.call('GET', `/${id}/backup/list?kind=scheduled`);
    expect(body.backups).toMatchObject([{ model_count: 1 }]);
  });

  test('is restored by a backup that holds what was stored', async () => {
    const id = await world.manager(config);
    await world.save(id, 'm');
    expect((await backUp(id, 'b')).status).toBe(201);
    await damageModel(world, id, 'm');
    expect((await backUp(id, 'next')).body).toMatchObject({
      models_included: 1,
      damaged: [],
      taken_from_backup: ['m'],
    });
    expect((await remove(id, 'm', true)).status).toBe(200);
    expect((await restore(id, 'next')).body.restored_models).toEqual(['m']);
    expect(bytesOf(await world.load(id, 'm')).equals(FILE)).toBe(true);
  });
});

describe.each(KINDS)('a model that is %s, of which only a backup has what was stored,', (_, config) => {
  const health = async (id: string) => (await world.call('GET', `/${id}/health`)).body;

  test('is named by the next backup, in the audit trail and in health, and repaired by one call', async () => {
    const id = await world.manager(config);
    await world.save(id, 'm', { tags: ['kept'] });
    await world.save(id, 'n');
    await backUp(id, 'b');
    await damageModel(world, id, 'm');
    const next = await backUp(id, 'next');
    expect(next.body).toMatchObject({ models_included: 2, damaged: [], taken_from_backup: ['m'] });
    const trail = await world.call('GET', `/${id}/audit/trail?success=false`);
    expect(trail.body.audit_entries).toMatchObject([
      { action: 'backup_create', model_name: 'm', reason: 'integrity_error' },
    ]);
    expect(await health(id)).toMatchObject({
      status: 'unhealthy',
      checks: { model_integrity: false },
      damaged_models: [{ model_name: 'm', backup_name: 'next' }],
    });
    const repair = { models_to_restore: ['m'], overwrite_existing: true };
    expect((await restore(id, 'next', repair)).body.restored_models).toEqual(['m']);
    expect(bytesOf(await world.load(id, 'm')).equals(FILE)).toBe(true);
    expect(await health(id)).toMatchObject({ checks: { model_integrity: true }, damaged_models: [] });
    expect((await backUp(id, 'after')).body).toMatchObject({ taken_from_backup: [] });
  });

  test('is named by health as long as it is damaged, also among many that are compared at random', async () => {
    const id = await world.manager(config);
    await world.save(id, 'm');
    await backUp(id, 'b');
    for (let n = 0; n < 30; n += 1) await world.save(id, `n${n}`);
    await damageModel(world, id, 'm');
    await backUp(id, 'c');
    for (let n = 0; n < 3; n += 1) {
      expect((await health(id)).damaged_models).toEqual([{ model_name: 'm', backup_name: 'c' }]);
    }
    await remove(id, 'm');
    expect((await health(id)).damaged_models).toEqual([]);
  });

  test('is no other than one that was found by chance, and without a backup it says so', async () => {
    const id = await world.manager(config);
    await world.save(id, 'm');
    await damageModel(world, id, 'm');
    expect((await health(id)).damaged_models).toEqual([{ model_name: 'm', backup_name: null }]);
    await world.save(id, 'm', { replace_existing: true });
    expect((await health(id)).damaged_models).toEqual([]);
  });
});

describe.each(KINDS)('a file of backups of a model that is %s, which was damaged,', (_, config) => {
  test('is made good by the next backup, and by the last one before a deletion', async () => {
    const id = await world.manager(config);
    await world.save(id, 'm');
    await backUp(id, 'b');
    await damageContents(world, id);
    expect((await restore(id, 'b', { overwrite_existing: true })).status).toBe(422);
    expect((await backUp(id, 'next')).status).toBe(201);
    expect((await restore(id, 'next', { overwrite_existing: true })).status).toBe(200);
    await damageContents(world, id);
    const gone = await remove(id, 'm', true);
    expect([gone.status, gone.body.backup_created]).toEqual([200, true]);
    const name = /backups\/(.*)\.backup/.exec(gone.body.backup_path)![1]!;
    expect((await restore(id, name)).body.restored_models).toEqual(['m']);
    expect(bytesOf(await world.load(id, 'm')).equals(FILE)).toBe(true);
  });
});

test('a dry run of a backup that lacks a file says so', async () => {
  const id = await world.manager(QUIET);
  await world.save(id, 'm');
  await backUp(id, 'b');
  const { backups } = world.platform.store.blobs;
  for (const { key } of (await backups.list(`${world.accountId}/vault/${id}/contents/`)).blobs)
    await backups.delete(key);
  await remove(id, 'm');
  expect((await restore(id, 'b', { dry_run: true })).status).toBe(422);
});

describe.each(KINDS)('a dry run of models that are %s', (_, config) => {
  const passwords = { backup_password: PASSWORD };
  const dryRun = (id: string, more = {}) =>
    restore(id, 'b', { dry_run: true, overwrite_existing: true, restore_password: PASSWORD, ...more });

  test('finds what was changed in a backup that has a password', async () => {
    const id = await world.manager(config);
    await world.save(id, 'm');
    await backUp(id, 'b', passwords);
    const dry = await dryRun(id);
    expect([dry.status, dry.body]).toMatchObject([200, { would_restore: ['m'], compared_as_stored: [] }]);
    await damageContents(world, id);
    expect([(await dryRun(id)).status, (await dryRun(id, { restore_password: 'wrong' })).status]).toEqual([422, 403]);
  });

  test('decrypts what needs no password of its own, and says what it compared as it is stored', async () => {
    const id = await world.manager(config);
    await world.save(id, 'locked', { password: PASSWORD });
    await world.save(id, 'open');
    await backUp(id, 'b', passwords);
    const locked = 'enable_encryption' in config ? [] : ['locked'];
    expect((await dryRun(id)).body).toMatchObject({ would_restore: ['locked', 'open'], compared_as_stored: locked });
  });
});
