/** What an account may store at most counts the models of its vaults. */
import { expect, test } from '@jest/globals';
import { useVault } from './world.ts';

const world = useVault((adapters) => adapters, { caps: { storedBytesPerAccount: 5000 } });
const model = (bytes: number) => ({ model_data: Buffer.alloc(bytes, 'a').toString('base64') });

test('saves, uploads in parts, archives and restores beyond it are 507 with the numbers', async () => {
  const id = await world.manager({ backup_enabled: false });
  const other = await world.manager({ backup_enabled: false });
  expect((await world.save(id, 'm', model(3000))).status).toBe(201);
  await world.call('POST', `/${id}/backup/create`, { backup_name: 'b' });
  const refused = await world.save(other, 'n', model(2001));
  expect([refused.status, refused.body.details]).toEqual([
    507,
    { limit_bytes: 5000, stored_bytes: 3000, added_bytes: 2001 },
  ]);
  for (const [kind, json] of [
    ['models', { model_name: 'n', file_size: 2001 }],
    ['backup', { file_size: 2001 }],
  ] as const) {
    expect((await world.call('POST', `/${other}/${kind}/uploads`, json)).status).toBe(507);
  }
  expect((await world.save(other, 'n', model(2000))).status).toBe(201);
  const restore = { backup_name: 'b', overwrite_existing: true };
  expect((await world.call('POST', `/${id}/backup/restore`, restore)).status).toBe(507);
  await world.call('DELETE', `/${id}/models/m?confirm_deletion=true&backup_before_delete=false`);
  expect((await world.call('POST', `/${id}/backup/restore`, restore)).status).toBe(200);
});
