import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { getDataset } from '#domain/datasets.ts';
import { NotFoundError, ValidationError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { LIMITS } from '#domain/limits.ts';
import { abortUpload, completeUpload, getUpload, partSize, startUpload } from '#domain/uploads.ts';
import { anAccount, NOW, openStore, type Store } from './store.ts';

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

const wanted = (size: number) => ({
  id: newId(NOW),
  account_id: account,
  name: 'big',
  description: '',
  dataset_type: 'auto' as const,
  file_name: 'big.csv',
  file_size: size,
});

describe('an upload in parts', () => {
  test('has parts that cover the file and are not too many', () => {
    for (const size of [1, LIMITS.upload.partBytes, LIMITS.upload.partBytes + 1, LIMITS.upload.fileBytes]) {
      const count = Math.ceil(size / partSize(size));
      expect(count).toBeLessThanOrEqual(LIMITS.upload.parts);
      expect(count * partSize(size)).toBeGreaterThanOrEqual(size);
    }
  });

  test('hands out one URL a part', async () => {
    const started = await startUpload(store.table, store.blobs.datasets, wanted(3 * LIMITS.upload.partBytes - 1), NOW);
    expect(started.parts.map((one) => one.part)).toEqual([1, 2, 3]);
    expect(new Set(started.parts.map((one) => one.url)).size).toBe(3);
  });

  test('makes no dataset of parts that were never sent', async () => {
    const begun = wanted(10);
    await startUpload(store.table, store.blobs.datasets, begun, NOW);
    const upload = await getUpload(store.table, account, begun.id);
    const parts = [{ part: 1, etag: 'made-up' }];
    await expect(completeUpload(store.table, store.blobs.datasets, upload, parts, NOW)).rejects.toThrow(
      ValidationError,
    );
    await expect(getDataset(store.table, account, begun.id)).rejects.toThrow(NotFoundError);
  });

  test('is not there for others, after it was given up, and after its time', async () => {
    const begun = wanted(10);
    await startUpload(store.table, store.blobs.datasets, begun, NOW);
    await expect(getUpload(store.table, await anAccount(store.table), begun.id)).rejects.toThrow(NotFoundError);
    await abortUpload(store.table, store.blobs.datasets, await getUpload(store.table, account, begun.id));
    await expect(getUpload(store.table, account, begun.id)).rejects.toThrow(NotFoundError);

    const late = wanted(10);
    await startUpload(store.table, store.blobs.datasets, late, NOW);
    now = NOW + LIMITS.upload.seconds * 1000;
    await expect(getUpload(store.table, account, late.id)).rejects.toThrow(NotFoundError);
    now = NOW;
  });
});
