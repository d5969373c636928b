/** The second location of backups. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { blobKeys, isBackupRecord } from '#domain/blob-keys.ts';
import type { BlobsWithoutUrls } from '#domain/ports/blobs/port.ts';
import { FolderBlobs } from '#embedded/blobs/folder-blobs.ts';
import { damageContents } from './damage.ts';
import { scheduler } from './scheduled.ts';
import { bytesOf, FILE, useVault } from './world.ts';

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), 'trainyard-copies-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const copies = new FolderBlobs(folder);
const world = useVault((adapters) => ({ ...adapters, backupCopies: copies }));

const schedule = scheduler(world);
const runSchedule = (backupCopies: BlobsWithoutUrls = copies) =>
  schedule.run((adapters) => ({ ...adapters, backupCopies }));

const copied = async (id: string) => {
  const { blobs } = await copies.list(blobKeys.backupsPrefix(world.accountId, id));
  return blobs.map(({ key }) => key);
};
const health = async (id: string) => (await world.call('GET', `/${id}/health`)).body.backup_copies;
const backUp = (id: string, backup_name: string) => world.call('POST', `/${id}/backup/create`, { backup_name });

/** A manager with a backup `b` of a model `m`, which is in the second location. */
async function copiedBackup(): Promise<string> {
  const id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm');
  await backUp(id, 'b');
  expect(await health(id)).toBe('pending');
  await runSchedule();
  expect(await health(id)).toBe('current');
  return id;
}

const contentOf = async (id: string) => {
  const prefix = blobKeys.backupContentPrefix(world.accountId, id, '').slice(0, -1);
  return (await world.platform.store.blobs.backups.list(prefix)).blobs[0]!.key;
};

describe('the second location of backups', () => {
  test('has what the first one has, and lets go of what was deleted', async () => {
    const id = await copiedBackup();
    const { blobs } = await world.platform.store.blobs.backups.list(blobKeys.backupsPrefix(world.accountId, id));
    const keys = blobs.map(({ key }) => key);
    expect(keys).toHaveLength(2);
    expect(await copied(id)).toEqual(expect.arrayContaining(keys));
    expect(await copied(id)).toHaveLength(3);
    await backUp(id, 'second');
    await runSchedule();
    expect(await copied(id)).toHaveLength(5);
    await world.call('DELETE', `/${id}/backup/b`);
    await world.call('DELETE', `/${id}/backup/second`);
    await runSchedule();
    expect(await copied(id)).toEqual([]);
  });

  test.each(['deleted', 'changed'])('is what a restore reads where a file of the first one was %s', async (what) => {
    const id = await copiedBackup();
    const { backups } = world.platform.store.blobs;
    for (const { key } of (await backups.list(blobKeys.backupsPrefix(world.accountId, id))).blobs) {
      if (what === 'deleted') await backups.delete(key);
      else await backups.put(key, Buffer.from('something else'));
    }
    await world.call('DELETE', `/${id}/models/m`, { confirm_deletion: true, backup_before_delete: false });
    const restored = await world.call('POST', `/${id}/backup/restore`, { backup_name: 'b' });
    expect([restored.status, restored.body.restored_models]).toEqual([200, ['m']]);
    expect(bytesOf(await world.load(id, 'm')).equals(FILE)).toBe(true);
  });

  test('says beside each backup what it consists of, also where an earlier version said less', async () => {
    const id = await copiedBackup();
    const [key] = (await copied(id)).filter(isBackupRecord);
    const read = async () => JSON.parse(String(Buffer.concat(await (await copies.get(key!)).body.toArray())));
    const { name, manager, contents } = await read();
    expect([name, manager.config.key_iterations]).toEqual(['b', 100_000]);
    expect(await copied(id)).toContain(contents[0].key);
    await copies.put(key!, Buffer.from(JSON.stringify({ name })));
    await backUp(id, 'next');
    await runSchedule();
    expect((await read()).contents).toEqual(contents);
    for (const one of ['b', 'next']) await world.call('DELETE', `/${id}/backup/${one}`);
    await runSchedule();
  });

  test('never gets a file that was changed', async () => {
    const id = await world.manager({ backup_enabled: false });
    await world.save(id, 'm');
    await backUp(id, 'b');
    const key = await contentOf(id);
    await world.platform.store.blobs.backups.put(key, Buffer.from('something else'));
    await runSchedule();
    expect(await copied(id)).not.toContain(key);
    expect(await health(id)).toBe('pending');
    await world.call('DELETE', `/${id}/backup/b`);
    await runSchedule();
  });

  test('gets all other backups where a file of one was changed', async () => {
    const id = await world.manager({ backup_enabled: false });
    for (const name of ['m', 'n']) {
      await world.save(id, name, { model_data: Buffer.from(name).toString('base64') });
      await world.call('POST', `/${id}/backup/create`, { backup_name: name, include_models: [name] });
      world.platform.clock.now += 1000;
    }
    await damageContents(world, id);
    // The older one is made good.
    await world.call('POST', `/${id}/backup/create`, { backup_name: 'other', include_models: ['m'] });
    world.platform.clock.now += 1000;
    await runSchedule();
    const records = (await copied(id)).filter(isBackupRecord);
    expect(records).toHaveLength(2);
    expect(await health(id)).toBe('pending');
    await world.call('POST', `/${id}/backup/create`, { backup_name: 'repaired' });
    await runSchedule();
    expect((await copied(id)).filter(isBackupRecord)).toHaveLength(4);
    expect(await health(id)).toBe('current');
    for (const name of ['m', 'n', 'other', 'repaired']) await world.call('DELETE', `/${id}/backup/${name}`);
    await runSchedule();
  });

  test('that is not there gets everything once it is back', async () => {
    const id = await world.manager({ backup_enabled: false });
    await world.save(id, 'm');
    await backUp(id, 'b');
    const gone = async () => Promise.reject(new Error('the disk is not there'));
    await runSchedule({ ...copies, put: gone, head: gone, get: gone, list: gone, delete: gone });
    expect(await health(id)).toBe('pending');
    // When its message comes again.
    world.platform.clock.now += 960_000;
    await runSchedule();
    expect(await copied(id)).toHaveLength(3);
  });
});
