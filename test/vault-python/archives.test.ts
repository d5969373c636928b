/** Python reads the archives of backups, also in a stream. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, jest, test } from '@jest/globals';
import { deliverer } from '#test/functions/manager/deliver.ts';
import { getFile } from '#test/functions/manager/presigned.ts';
import { useVault } from '#test/functions/manager/world.ts';
import { other } from './other.ts';

jest.setTimeout(120_000);

const world = useVault((adapters) => adapters, { vaultBytesAtOnce: 1000 });
const deliver = deliverer(world);
afterEach(async () => {
  while (await deliver());
});

test.each([true, false])(
  'an archive that took several turns is one file for tarfile (encrypted: %j)',
  async (encrypt_backup) => {
    const id = await world.manager({ backup_enabled: false, enable_encryption: encrypt_backup });
    for (let model = 0; model < 24; model += 1) {
      await world.save(id, `m${model}`, { model_data: randomBytes(2_200_000).toString('base64') });
    }
    const asked = { backup_name: 'b', encrypt_backup };
    while ((await world.call('POST', `/${id}/backup/create`, asked)).status === 202) await deliver();
    expect((await world.call('POST', `/${id}/backup/b/archive`)).status).toBe(202);
    let turns = 0;
    while (await deliver(0)) turns += 1;
    expect(turns).toBeGreaterThanOrEqual(3);
    const { body } = await world.call('POST', `/${id}/backup/b/archive`);
    const folder = mkdtempSync(join(tmpdir(), 'trainyard-archive-'));
    try {
      const path = join(folder, 'a.tar.gz');
      writeFileSync(path, await getFile(world.platform.store, body.download_url));
      const [streamed, whole] = other(['unpack', { path, mode: 'r|gz' }], ['unpack', { path, mode: 'r:gz' }]);
      expect(streamed).toEqual(whole);
      const files = Object.entries(streamed as Record<string, string>);
      expect(files.map(([name]) => name).slice(0, 2)).toEqual(['backup.json', 'manifest']);
      for (const [name, sha256] of files.slice(2)) expect(name).toBe(`contents/${sha256}`);
      expect(files).toHaveLength(26);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
