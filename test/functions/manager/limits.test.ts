/** What an account may store at most counts the models of its vaults. */
import { expect, test } from '@jest/globals';
import { bytesOfVaults } from '#domain/installation/storage.ts';
import { useVault } from './world.ts';

const world = useVault((adapters) => adapters, { caps: { storedBytesPerAccount: 10_000 } });
const model = (bytes: number) => ({ model_data: Buffer.alloc(bytes, 'a').toString('base64') });

test('saves, uploads in parts, archives and restores beyond it are 507 with the numbers', async () => {
  const id = await world.manager({ backup_enabled: false });
  const other = await world.manager({ backup_enabled: false });
  expect((await world.save(id, 'm', model(3000))).status).toBe(201);
  await world.call('POST', `/${id}/backup/create`, { backup_name: 'b' });
  // The model, and a backup of it, which is compressed.
  const stored = await bytesOfVaults(world.platform.store.table, world.accountId);
  const left = 10_000 - stored;
  expect(stored).toBeGreaterThan(3000);
  expect(left).toBeGreaterThan(0);
  const refused = await world.save(other, 'n', model(left + 1));
  expect([refused.status, refused.body.details]).toEqual([
    507,
    { limit_bytes: 10_000, stored_bytes: stored, added_bytes: left + 1 },
  ]);
  for (const [kind, json] of [
    ['models', { model_name: 'n', file_size: left + 1 }],
    ['backup', { file_size: left + 1 }],
  ] as const) {
    expect((await world.call('POST', `/${other}/${kind}/uploads`, json)).status).toBe(507);
  }
  expect((await world.save(other, 'n', model(left))).status).toBe(201);
  const restore = { backup_name: 'b', overwrite_existing: true };
  expect((await world.call('POST', `/${id}/backup/restore`, restore)).status).toBe(507);
  await world.call('DELETE', `/${id}/models/m?confirm_deletion=true&backup_before_delete=false`);
  expect((await world.call('POST', `/${id}/backup/restore`, restore)).status).toBe(200);
});
