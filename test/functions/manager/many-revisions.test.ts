import { expect, jest, test } from '@jest/globals';
import { vaultPartition } from '#domain/keys.ts';
import { getManager } from '#domain/vault/managers.ts';
import { useVault } from './world.ts';

jest.setTimeout(60_000);

const world = useVault();

/** More than one transaction deletes. */
const SAVES = 86;

test('a deleted model leaves none of its revisions, however many there are, for the next one of its name', async () => {
  const id = await world.manager({ backup_enabled: false });
  for (let n = 0; n < SAVES; n += 1) await world.save(id, 'm', { replace_existing: true });
  expect((await world.call('GET', `/${id}/models/m/info`)).body.revisions).toHaveLength(SAVES - 1);
  const { table, blobs } = world.platform.store;
  const { vault } = await getManager(table, world.accountId, id);
  expect((await world.call('DELETE', `/${id}/models/m?confirm_deletion=true`)).status).toBe(200);
  const prefix = `${world.accountId}/vault/${vault}`;
  expect((await blobs.artifacts.list(prefix)).blobs).toEqual([]);
  const { items } = await table.query({ partition: vaultPartition(world.accountId, vault), limit: 200 });
  expect(items.filter(({ sk }) => sk.includes('REVISION'))).toEqual([]);
  await world.save(id, 'm');
  expect((await world.call('GET', `/${id}/models/m/info`)).body.revisions).toEqual([]);
});
