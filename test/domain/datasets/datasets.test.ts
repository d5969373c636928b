import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { getAccount } from '#domain/accounts/read.ts';
import { blobKeys } from '#domain/blob-keys.ts';
import { datasetFailed, deleteDataset } from '#domain/datasets/change.ts';
import { DATASET_SORTS, type DatasetsWanted, listDatasets } from '#domain/datasets/lists.ts';
import { getDataset, listProcessing } from '#domain/datasets/read.ts';
import { ConflictError, NotFoundError } from '#domain/errors.ts';
import { deleteOrphans, dueOrphans } from '#domain/orphans.ts';
import { stopJob } from '#domain/training/endings.ts';
import { getJob } from '#domain/training/read.ts';
import { AT, aDataset, aJob, anAccount, aReadyDataset, NOW, openStore, type Store } from '../store.ts';

let store: Store;
let account: string;

beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  account = await anAccount(store.table);
});

const listed = (accountId: string, sort: DatasetsWanted['sort'] = 'name') =>
  listDatasets(store.table, accountId, { sort, order: 'ascending', limit: 10 });

describe('datasets', () => {
  test('clear the orphan mark of their files once they exist', async () => {
    const before = (await dueOrphans(store.table, NOW, 100)).length;
    await aDataset(store.table, account);
    expect(await dueOrphans(store.table, NOW, 100)).toHaveLength(before);
  });

  test('are settled once: a second result does not count', async () => {
    const made = await aReadyDataset(store.table, account);
    expect(await datasetFailed(store.table, made, { message: 'late', details: [] }, AT)).toBeUndefined();
    expect((await getDataset(store.table, account, made.id)).status).toBe('ready');
  });

  test('are in the index only while they are processing', async () => {
    const made = await aDataset(store.table, account);
    const isListed = async () => (await listProcessing(store.table)).some((one) => one.id === made.id);
    expect(await isListed()).toBe(true);
    await datasetFailed(store.table, made, { message: 'no', details: [] }, AT);
    expect(await isListed()).toBe(false);
  });

  test('do not exist for another account', async () => {
    const made = await aDataset(store.table, account);
    const stranger = await anAccount(store.table);
    await expect(getDataset(store.table, stranger, made.id)).rejects.toThrow(NotFoundError);
    await expect(deleteDataset(store.table, stranger, made.id, NOW)).rejects.toThrow(NotFoundError);
    expect(await listed(stranger)).toMatchObject({ records: [], total: 0 });
    expect(await listed(account)).toMatchObject({ records: [made], total: 1 });
  });

  test('cannot be deleted while a job reads them, and can afterwards', async () => {
    const made = await aReadyDataset(store.table, account);
    const job = await aJob(store.table, made);
    await expect(deleteDataset(store.table, account, made.id, NOW)).rejects.toThrow(ConflictError);
    await stopJob(store.table, await getJob(store.table, account, job.id), AT);
    await deleteDataset(store.table, account, made.id, NOW);
    await expect(getDataset(store.table, account, made.id)).rejects.toThrow(NotFoundError);
  });

  test('are in each list from their creation to their deletion, and counted', async () => {
    const made = await aDataset(store.table, account);
    for (const sort of DATASET_SORTS) expect(await listed(account, sort)).toMatchObject({ records: [made], total: 1 });
    expect(await getAccount(store.table, account)).toMatchObject({ datasets: 1 });
    await deleteDataset(store.table, account, made.id, NOW);
    for (const sort of DATASET_SORTS) expect(await listed(account, sort)).toMatchObject({ records: [], total: 0 });
    expect(await getAccount(store.table, account)).toMatchObject({ datasets: 0 });
  });

  test('still count after a deletion that is refused', async () => {
    const made = await aDataset(store.table, account);
    await deleteDataset(store.table, account, made.id, NOW);
    await expect(deleteDataset(store.table, account, made.id, NOW)).rejects.toThrow(NotFoundError);
    expect(await getAccount(store.table, account)).toMatchObject({ datasets: 0 });
  });

  test('mark their files as orphaned when they are deleted, and deleting the orphans clears the mark', async () => {
    const made = await aReadyDataset(store.table, account);
    const prefix = blobKeys.datasetPrefix(account, made.id);
    await store.blobs.datasets.put(blobKeys.datasetFile(account, made.id), Buffer.from('a,b'));
    await store.blobs.datasets.put(blobKeys.datasetProfile(account, made.id), Buffer.from('{}'));
    await deleteDataset(store.table, account, made.id, NOW);
    expect(await dueOrphans(store.table, NOW, 100)).toContainEqual({ bucket: 'datasets', prefix });
    await deleteOrphans(store.table, store.blobs.datasets, 'datasets', prefix);
    expect((await store.blobs.datasets.list(prefix)).blobs).toEqual([]);
    expect(await dueOrphans(store.table, NOW, 100)).not.toContainEqual({ bucket: 'datasets', prefix });
  });
});
