import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { getAccount } from '#domain/accounts/read.ts';
import { countStorage } from '#domain/accounts/usage/storage.ts';
import { deleteDataset } from '#domain/datasets/change.ts';
import { keys } from '#domain/keys.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { replacing } from '../../../functions/events/world.ts';
import { aDataset, anAccount, NOW, openStore, type Store } from '../../store.ts';

/** Of each dataset. */
const BYTES = 3;

let store: Store;
let id: string;
beforeEach(async () => {
  store = await openStore();
  id = await anAccount(store.table);
  await aDataset(store.table, id);
  await aDataset(store.table, id);
  // As a release left it that did not count.
  const remove = ['dataset_bytes', 'model_bytes', 'storage_changes', 'storage_counted'];
  await store.table.update(keys.account(id), { remove });
});
afterEach(() => store.close());

/** A table with something between reading the records and writing the count, so many times. */
function interrupted(times: number, between: () => Promise<unknown>): Table {
  let left = times;
  return replacing(store.table, {
    update: async (...args) => {
      if (left > 0) {
        left -= 1;
        await between();
      }
      return store.table.update(...args);
    },
  });
}

test('files that were never counted are counted once', async () => {
  const counted = await countStorage(store.table, await getAccount(store.table, id));
  expect(counted).toMatchObject({ dataset_bytes: 2 * BYTES, model_bytes: 0, storage_counted: true });
  expect(await getAccount(store.table, id)).toEqual(counted);
  const silent = replacing(store.table, { query: () => Promise.reject(new Error('counted again')) });
  expect(await countStorage(silent, counted)).toEqual(counted);
});

test('a file that is uploaded, and one that is deleted, while files are counted, count exactly', async () => {
  const exchange = async () => {
    const { items } = await store.table.query({ partition: keys.account(id).pk, prefix: 'DATASET#', limit: 1 });
    await aDataset(store.table, id);
    await aDataset(store.table, id);
    await deleteDataset(store.table, id, items[0]!.sk.slice('DATASET#'.length), NOW);
  };
  const counted = await countStorage(interrupted(1, exchange), await getAccount(store.table, id));
  expect(counted).toMatchObject({ dataset_bytes: 3 * BYTES, storage_counted: true });
});

test('where files change all the time, nothing is said rather than something wrong', async () => {
  const changing = interrupted(10, () => aDataset(store.table, id));
  expect((await countStorage(changing, await getAccount(store.table, id))).storage_counted).toBe(false);
});
