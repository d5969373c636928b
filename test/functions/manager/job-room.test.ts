/** A job that has no room ends with that, as a request does; it is not tried again and again. */
import { expect, jest, test } from '@jest/globals';
import { deliverer } from './deliver.ts';
import { useVault } from './world.ts';

jest.setTimeout(120_000);

const MOST = 40_000;
const more = { vaultBytesAtOnce: 1000, caps: { storedBytesPerAccount: MOST } };
const world = useVault((adapters) => adapters, more);
const deliver = deliverer(world);

test('a backup as a job is 507 with the numbers where it has no room, and can be made once there is some', async () => {
  const id = await world.manager({ backup_enabled: false });
  const model = (bytes: number) => ({
    model_data: Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('base64'),
  });
  for (const name of ['m', 'n']) expect((await world.save(id, name, model(12_000))).status).toBe(201);
  const backUp = () => world.call('POST', `/${id}/backup/create`, { backup_name: 'b' });
  expect((await backUp()).status).toBe(202);
  expect(await deliver()).toBe(true);
  expect(await deliver()).toBe(false);
  const refused = await backUp();
  expect([refused.status, refused.body]).toMatchObject([
    507,
    { error: 'StorageLimitExceededError', details: { limit_bytes: MOST, added_bytes: expect.any(Number) } },
  ]);
  const { blobs } = await world.platform.store.blobs.backups.list(`${world.accountId}/`);
  expect(blobs).toEqual([]);
  await world.call('DELETE', `/${id}/models/n?confirm_deletion=true&backup_before_delete=false`);
  while (await deliver());
  expect((await backUp()).status).toBe(202);
  expect(await deliver()).toBe(true);
  expect((await backUp()).status).toBe(201);
});
