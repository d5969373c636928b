/** The archive of a backup that is not to be compressed. */
import { describe, expect, test } from '@jest/globals';
import { getFile } from './presigned.ts';
import { bytesOf, FILE, useVault } from './world.ts';

const world = useVault();

describe('a backup that is not compressed', () => {
  test('is a .tar by its path, its download and its bytes, and is taken back as one', async () => {
    const id = await world.manager({ backup_enabled: false });
    await world.save(id, 'm');
    const { body } = await world.call('POST', `/${id}/backup/create`, { backup_name: 'b', compress: false });
    expect(body.backup_path).toBe('./backups/b.tar');
    const { download_url } = (await world.call('POST', `/${id}/backup/b/archive`)).body;
    expect(decodeURIComponent(download_url)).toContain('b.tar');
    expect(decodeURIComponent(download_url)).not.toContain('b.tar.gz');
    const archive = await getFile(world.platform.store, download_url);
    expect(archive.subarray(0, 11).toString()).toBe('backup.json');
    await world.call('DELETE', `/${id}/backup/b`);
    const headers = { 'content-type': 'application/x-tar' };
    const upload = (bytes: Uint8Array) =>
      world.call('POST', `/${id}/backup/upload`, undefined, { raw: bytes, headers });
    expect((await upload(archive.subarray(0, -1100))).status).toBe(400);
    expect((await upload(archive)).status).toBe(201);
    await world.call('DELETE', `/${id}/models/m?confirm_deletion=true&backup_before_delete=false`);
    expect((await world.call('POST', `/${id}/backup/restore`, { backup_name: 'b' })).body.restored_models).toEqual([
      'm',
    ]);
    expect(bytesOf(await world.load(id, 'm')).equals(FILE)).toBe(true);
  });
});
