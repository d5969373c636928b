/** A manager whose counts an earlier version let overflow can be looked at, and be deleted. */
import { expect, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { getManager } from '#domain/vault/managers.ts';
import { itemOfModel } from '#domain/vault/model.ts';
import { getModel } from '#domain/vault/models.ts';
import { deliverer } from './deliver.ts';
import { useVault } from './world.ts';

const world = useVault();
const deliver = deliverer(world);

test.each([9_007_199_254_740_991, -1e12])('models of %d bytes each brick nothing', async (size) => {
  const id = await world.manager({ backup_enabled: false });
  const { table } = world.platform.store;
  for (const name of ['a', 'b']) {
    await world.save(id, name);
    const record = await getModel(table, await getManager(table, world.accountId, id), name);
    await table.put(itemOfModel(keys.vaultModel(world.accountId, record.vault, name), { ...record, size }));
    await table.update(keys.vaultManager(world.accountId, id), { add: { bytes: size } });
  }
  const ways = [`/${id}/info`, '/list', `/${id}/models/list`, `/${id}/models/a/info`, `/${id}/stats`, `/${id}/health`];
  for (const path of [...ways, `/${id}/audit/trail`, `/${id}/models/search?query=a`]) {
    expect([path, (await world.call('GET', path)).status]).toEqual([path, 200]);
  }
  const info = (await world.call('GET', `/${id}/info`)).body;
  expect(info.total_size_mb).toBeGreaterThanOrEqual(0);
  const remove = () => world.call('DELETE', `/${id}?confirm_deletion=true`);
  let { status } = await remove();
  for (; status === 202 && (await deliver()); ) ({ status } = await remove());
  // A job that has deleted it leaves nobody to ask.
  expect([200, 404]).toContain(status);
  expect((await world.call('GET', `/${id}/info`)).status).toBe(404);
});
