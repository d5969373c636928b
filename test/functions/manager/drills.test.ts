import { describe, expect, jest, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { damageContents } from './damage.ts';
import { linearModel } from './onnx.ts';
import { scheduler } from './scheduled.ts';
import { PASSWORD, useVault } from './world.ts';

jest.setTimeout(60_000);

const HOUR = 3_600_000;
const world = useVault();
const drill = (id: string) => world.call('POST', `/${id}/backup/drill`);
const health = async (id: string) => (await world.call('GET', `/${id}/health`)).body;

async function backedUp(config: object = {}): Promise<string> {
  const id = await world.manager({ backup_enabled: false, enable_quantization: true, ...config });
  await world.save(id, 'platform', { model_data: linearModel().toString('base64') });
  await world.save(id, 'locked', { password: PASSWORD });
  await world.call('POST', `/${id}/backup/create`, { backup_name: 'b' });
  return id;
}

/** The files of the bucket below the account. */
const files = async (bucket: 'artifacts' | 'backups', below = '') =>
  (await world.platform.store.blobs[bucket].list(`${world.accountId}/${below}`, { limit: 1000 })).blobs.map(
    ({ key }) => key,
  );

const schedule = scheduler(world).run;

describe('a restore drill', () => {
  test.each([{}, { enable_encryption: false }])(
    'restores everything, and leaves nothing behind (%j)',
    async (config) => {
      const id = await backedUp(config);
      const before = await files('artifacts');
      const { status, body } = await drill(id);
      expect([status, body]).toMatchObject([
        200,
        { passed: true, backup_name: 'b', models_restored: 2, models_left: 0, failures: [] },
      ]);
      expect(await files('artifacts')).toEqual(before);
      expect(await health(id)).toMatchObject({ status: 'healthy', restore_drill: { passed: true } });
      const { audit_entries: entries } = (await world.call('GET', `/${id}/audit/trail?action_type=restore_drill`)).body;
      expect(entries).toMatchObject([{ action: 'restore_drill', success: true }]);
    },
  );

  test('finds a file of the backup that was changed, and makes the manager degraded', async () => {
    const id = await backedUp();
    const { backups } = world.platform.store.blobs;
    const prefix = blobKeys.backupContentPrefix(world.accountId, id, '').slice(0, -1);
    const [file] = (await backups.list(prefix)).blobs;
    const bytes = Buffer.concat(await (await backups.get(file!.key)).body.toArray());
    bytes[bytes.length >> 1]! ^= 1;
    await backups.put(file!.key, bytes);
    const { body } = await drill(id);
    expect(body).toMatchObject({ passed: false, models_restored: 1 });
    expect(body.failures).toEqual([{ model_name: expect.any(String), reason: expect.stringMatching(/not the one/) }]);
    expect(await health(id)).toMatchObject({ status: 'degraded', restore_drill: { passed: false } });
  });

  test.each([{}, { enable_encryption: false }])(
    'of a backup that has a password decrypts it with that, and compares every file (%j)',
    async (config) => {
      const id = await backedUp(config);
      await world.call('POST', `/${id}/backup/create`, { backup_name: 'own', backup_password: PASSWORD });
      const drilled = (json: object) => world.call('POST', `/${id}/backup/drill`, json);
      for (const json of [{ restore_password: PASSWORD }, { backup_name: 'own', restore_password: PASSWORD }]) {
        expect((await drilled(json)).body).toMatchObject({ passed: true, backup_name: 'own', models_restored: 2 });
      }
      expect((await drill(id)).body.backup_name).toBe('b');
      expect((await drilled({ backup_name: 'own' })).status).toBe(403);
      expect((await drilled({ backup_name: 'own', restore_password: 'wrong' })).status).toBe(403);
      expect((await drilled({ backup_name: 'none' })).status).toBe(404);
      await damageContents(world, id);
      expect((await drilled({ restore_password: PASSWORD })).body).toMatchObject({ passed: false, models_restored: 0 });
    },
  );

  test('of a manager without a backup is 404', async () => {
    const id = await world.manager({ backup_enabled: false });
    expect((await drill(id)).status).toBe(404);
    expect((await health(id)).restore_drill).toBeNull();
  });

  test('is made by schedule after the first scheduled backup, and again after its interval', async () => {
    const id = await backedUp({ backup_enabled: true, backup_interval_hours: 1, restore_drill_interval_hours: 48 });
    const { clock } = world.platform;
    clock.now += 2 * HOUR;
    await schedule();
    await schedule();
    const first = (await health(id)).restore_drill;
    expect(first).toMatchObject({ passed: true, models_restored: 2 });
    clock.now += 24 * HOUR;
    await schedule();
    expect((await health(id)).restore_drill).toEqual(first);
    clock.now += 25 * HOUR;
    await schedule();
    expect((await health(id)).restore_drill.drilled_at).not.toBe(first.drilled_at);
  });

  test('is not made where it is off', async () => {
    const off = await backedUp({ backup_enabled: true, backup_interval_hours: 1, restore_drill_interval_hours: 0 });
    world.platform.clock.now += 2 * HOUR;
    await schedule();
    await schedule();
    expect((await health(off)).restore_drill).toBeNull();
  });
});
