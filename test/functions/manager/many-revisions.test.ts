import { expect, jest, test } from '@jest/globals';
import { keys, vaultPartition } from '#domain/keys.ts';
import { getManager } from '#domain/vault/managers.ts';
import { itemOfModel } from '#domain/vault/model.ts';
import { newestRevisions, readRevisions } from '#domain/vault/models.ts';
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

test('info shows the newest thousand, and reads their metadata a page at a time', async () => {
  const id = await world.manager({ backup_enabled: false });
  await world.save(id, 'm');
  await world.save(id, 'm', { replace_existing: true });
  const { table } = world.platform.store;
  const manager = await getManager(table, world.accountId, id);
  const [{ revision, ...kept } = none()] = await readRevisions(table, manager, 'm');
  const nameOf = (n: number) => `zz${String(n).padStart(4, '0')}`;
  for (let n = 0; n < 1002; n += 1) {
    const key = keys.vaultRevision(world.accountId, manager.vault, 'm', nameOf(n));
    await table.put(itemOfModel(key, { ...kept, revision: nameOf(n), metadata: { filling: 'x'.repeat(2000) } }));
  }
  const query = jest.spyOn(table, 'query');
  const { revisions } = (await world.call('GET', `/${id}/models/m/info`)).body;
  const pages = await Promise.all(query.mock.results.map(({ value }) => value as ReturnType<typeof table.query>));
  query.mockRestore();
  expect(revisions.map((one: { revision: string }) => one.revision)).toEqual(
    Array.from({ length: 1000 }, (_, i) => nameOf(1001 - i)),
  );
  expect(Object.keys(revisions[0])).toEqual(['revision', 'saved_at', 'size_mb', 'hash']);
  // A page has about a million bytes.
  const sizes = pages.filter(({ items }) => items.length > 100).map(({ items }) => items.length);
  expect(sizes.length).toBeGreaterThan(2);
  expect(Math.max(...sizes)).toBeLessThan(600);
  expect((await newestRevisions(table, manager, 'm', 3)).map((one) => Object.keys(one).length)).toEqual([4, 4, 4]);
});

function none(): never {
  throw new Error('there is no earlier revision');
}
