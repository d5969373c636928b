import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { datasetFailed } from '#domain/datasets/change.ts';
import { getDataset } from '#domain/datasets/read.ts';
import { releaseSlot } from '#domain/datasets/reading-slots.ts';
import { beginReading, endReading, MAX_READINGS, type Reading } from '#domain/datasets/readings.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { keys } from '#domain/keys.ts';
import { AT, aDataset, anAccount, NOW, openStore, type Store } from '../store.ts';

const MINUTE = 60_000;
const READERS = 3;

let store: Store;
let account: string;
let now = NOW;
beforeAll(async () => {
  store = await openStore(() => now);
});
afterAll(() => store.close());
beforeEach(async () => {
  account = await anAccount(store.table);
});

const begin = (of: Dataset, message = `reads ${of.id}`) =>
  beginReading(store.table, of, { message, until: now + MINUTE }, { now, readers: READERS });
/** Begun for sure. */
const begun = async (of: Dataset, message?: string): Promise<Reading> => (await begin(of, message)) as Reading;
const again = (of: Dataset): Promise<Dataset> => getDataset(store.table, account, of.id);
const holder = async (slot: number) => (await store.table.get(keys.readingSlot(account, slot)))?.dataset_id;

describe('the slots of an account', () => {
  test('are one fewer than there are readers, and no other account’s', async () => {
    const [first, second, third] = [
      await aDataset(store.table, account),
      await aDataset(store.table, account),
      await aDataset(store.table, account),
    ];
    expect(await begin(first)).toMatchObject({ reader_slot: 0 });
    expect(await begin(second)).toMatchObject({ reader_slot: 1 });
    expect(await begin(third)).toBe('busy');
    expect(await again(third)).toEqual(third);
    const other = await anAccount(store.table);
    expect(await begin(await aDataset(store.table, other))).toMatchObject({ reader_slot: 0 });
    await releaseSlot(store.table, await again(first));
    expect(await begin(third)).toMatchObject({ reader_slot: 0 });
  });

  test('are free once their readers can no longer be running', async () => {
    for (let slot = 0; slot < READERS - 1; slot += 1) await begin(await aDataset(store.table, account));
    now += MINUTE + 1000;
    const next = await aDataset(store.table, account);
    expect(await begin(next)).toMatchObject({ reader_slot: 0 });
  });

  test('stay with a dataset whose reading begins anew, and only that dataset releases them', async () => {
    const [first, second] = [await aDataset(store.table, account), await aDataset(store.table, account)];
    await begin(first);
    await begin(second);
    await releaseSlot(store.table, await again(first));
    expect(await begin(await again(second))).toMatchObject({ reader_slot: 1, readings: 2 });
    await begin(await again(first));
    await releaseSlot(store.table, { ...second, reader_slot: 0 });
    expect([await holder(0), await holder(1)]).toEqual([first.id, second.id]);
  });
});

describe('a reading', () => {
  test('begins once if two readers loaded the same record, and not once the dataset is settled', async () => {
    const dataset = await aDataset(store.table, account);
    const both = await Promise.all([begin(dataset, 'one'), begin(dataset, 'other')]);
    expect(both.filter((each) => each === 'claimed')).toHaveLength(1);
    await datasetFailed(store.table, dataset, { message: 'no', details: [] }, AT);
    now += MINUTE;
    expect(await begin(await again(dataset))).toBe('claimed');
  });

  test('that ends counts, or is as if it had never begun', async () => {
    const dataset = await aDataset(store.table, account);
    await endReading(store.table, await begun(dataset), { counts: true, reason: 'why' }, now);
    expect(await again(dataset)).toMatchObject({ readings: 1, reading_failure: 'why' });
    await endReading(store.table, await begun(await again(dataset)), { counts: false }, now);
    expect(await again(dataset)).toMatchObject({ readings: 1 });
  });

  test('that was taken over changes nothing when it ends', async () => {
    const dataset = await aDataset(store.table, account);
    const first = await begun(dataset);
    const second = await begun(await again(dataset));
    await endReading(store.table, first, { counts: false }, now);
    expect(await again(dataset)).toEqual(second);
    expect(second.readings).toBeLessThan(MAX_READINGS);
  });
});
