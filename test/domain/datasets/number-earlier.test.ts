/** Datasets that an earlier build stored, which knew no versions. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { listNumbered } from '#domain/datasets/number-earlier.ts';
import { getNumbered } from '#domain/datasets/read.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { listVersions } from '#domain/datasets/versions.ts';
import { keys } from '#domain/keys.ts';
import { isoTime } from '#domain/times.ts';
import { aDataset, anAccount, NOW, openStore, type Store } from '../store.ts';

let store: Store;
let account: string;

beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  account = await anAccount(store.table);
});

const uploaded = (name: string, minutes: number) =>
  aDataset(store.table, account, { name, uploaded_at: isoTime(NOW + minutes * 60_000) });

/** As an earlier build left it. */
async function earlier(name: string, minutes: number): Promise<Dataset> {
  const made = await uploaded(name, minutes);
  await store.table.update(keys.dataset(account, made.id), { remove: ['version'] });
  return made;
}

/** Two of one name, the newer one stored first, and one of another name. */
async function twoEarlier() {
  const [newer, older] = [await earlier('sales', 5), await earlier('sales', 1)];
  await earlier('Sales', 3);
  for (const name of ['sales', 'Sales']) await store.table.delete(keys.datasetName(account, name));
  return { newer, older };
}

const versionOf = async ({ id }: Dataset) => (await getNumbered(store.table, account, id)).version;

describe('datasets of an earlier build, which have no versions', () => {
  test('are numbered in the order of their uploads when one is read', async () => {
    const { newer, older } = await twoEarlier();
    expect([await versionOf(newer), await versionOf(older)]).toEqual([2, 1]);
    expect((await uploaded('sales', 9)).version).toBe(3);
  });

  test('are numbered when they are listed, each name by itself', async () => {
    const { newer } = await twoEarlier();
    const wanted = { sort: 'created_at', order: 'ascending', limit: 10 } as const;
    const { records } = await listNumbered(store.table, account, wanted);
    expect(records.map(({ name, version }) => [name, version])).toEqual([
      ...[['sales', 1], ['Sales', 1], ['sales', 2]], // biome-ignore format: one line
    ]);
    const { versions } = await listVersions(store.table, newer, {});
    expect(versions.map(({ version }) => version)).toEqual([2, 1]);
  });

  test('are numbered before an upload under their name, which comes after them', async () => {
    const { newer, older } = await twoEarlier();
    expect((await uploaded('sales', 9)).version).toBe(3);
    expect([await versionOf(newer), await versionOf(older)]).toEqual([2, 1]);
  });

  test('share no number with what a later build has uploaded meanwhile', async () => {
    const { newer, older } = await twoEarlier();
    // A later build, which took all of them for version 1.
    const later = await uploaded('sales', 9);
    await store.table.update(keys.dataset(account, later.id), { set: { version: 2 } });
    await store.table.put({ ...keys.datasetName(account, 'sales'), version: 2 });
    for (const { id } of [newer, older]) {
      await store.table.update(keys.dataset(account, id), { remove: ['version'] });
    }
    expect([await versionOf(older), await versionOf(later), await versionOf(newer)]).toEqual([1, 2, 3]);
    expect((await uploaded('sales', 10)).version).toBe(4);
  });

  test('get the same numbers from several readers at once', async () => {
    const { newer, older } = await twoEarlier();
    const all = await Promise.all([newer, older, newer, older].map(versionOf));
    expect(all).toEqual([2, 1, 2, 1]);
  });
});
