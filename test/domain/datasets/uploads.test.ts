import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { listDatasets } from '#domain/datasets/lists.ts';
import { getDataset } from '#domain/datasets/read.ts';
import { abortUpload, completeUpload, getUpload, partSize, signParts, startUpload } from '#domain/datasets/uploads.ts';
import { NotFoundError, ValidationError } from '#domain/errors.ts';
import { newId } from '#domain/ids.ts';
import { LIMITS } from '#domain/limits.ts';
import { anAccount, NOW, openStore, type Store } from '../store.ts';

const MEBIBYTE = 1_048_576;
const inspect = async () => ({ format: 'csv' }) as const;
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

/** Sends a part to its URL, as a client does; resolves with its etag. */
async function put(url: string, body: string): Promise<string> {
  const server = createServer((request, response) => void store.servePresigned(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const { pathname, search } = new URL(url);
  const response = await fetch(`http://127.0.0.1:${port}${pathname}${search}`, { method: 'PUT', body });
  server.close();
  server.closeAllConnections();
  return response.headers.get('etag') ?? '';
}

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
  test('has parts that cover the file, no more than allowed', () => {
    for (const size of [1, LIMITS.upload.partBytes, LIMITS.upload.partBytes + 1, LIMITS.upload.fileBytes]) {
      const count = Math.ceil(size / partSize(size));
      expect(count).toBeLessThanOrEqual(LIMITS.upload.parts);
      expect(count * partSize(size)).toBeGreaterThanOrEqual(size);
    }
  });

  test.each([
    [1, 5, 1],
    [5 * MEBIBYTE, 5, 1],
    [5 * MEBIBYTE + 1, 5, 2],
    [64 * 5 * MEBIBYTE, 5, 64],
    [64 * 5 * MEBIBYTE + 1, 6, 54],
    [2 ** 30 + 1, 16, 65],
    [1000 * 16 * MEBIBYTE + 1, 17, 942],
    [LIMITS.upload.fileBytes, 954, 1000],
  ])('of %i bytes has parts of %i MiB, %i of them', async (size, mebibytes, count) => {
    const { upload, ...started } = await startUpload(store.table, store.blobs.datasets, wanted(size), NOW);
    expect([started.partSize, started.parts.length]).toEqual([mebibytes * MEBIBYTE, count]);
    const again = await signParts(store.blobs.datasets, upload);
    expect([again.partSize, again.parts.length]).toEqual([mebibytes * MEBIBYTE, count]);
  });

  test('that an earlier release has begun keeps its parts', async () => {
    const begun = wanted(2 * LIMITS.upload.partBytes);
    const { upload } = await startUpload(store.table, store.blobs.datasets, begun, NOW);
    const { part_size: _, ...earlier } = upload;
    const { partSize: size, parts } = await signParts(store.blobs.datasets, earlier);
    expect([size, parts.length]).toEqual([LIMITS.upload.partBytes, 2]);
    const listed = [1, 2, 3].map((part) => ({ part, etag: 'x' }));
    const complete = completeUpload(store.table, store.blobs.datasets, earlier, { parts: listed, inspect }, NOW);
    await expect(complete).rejects.toMatchObject({
      details: [{ field: 'parts', message: 'must be the parts 1 to 2, in this order; got 1, 2, 3' }],
    });
  });

  test('returns one URL per part', async () => {
    const started = await startUpload(store.table, store.blobs.datasets, wanted(3 * 5 * MEBIBYTE - 1), NOW);
    expect(started.parts.map((one) => one.part)).toEqual([1, 2, 3]);
    expect(new Set(started.parts.map((one) => one.url)).size).toBe(3);
  });

  test('with a wrong list of parts is refused and keeps them; completed twice at once, it is one dataset', async () => {
    const text = 'a,b\n'.repeat(2_000_000);
    const begun = wanted(text.length);
    const { partSize: size, parts } = await startUpload(store.table, store.blobs.datasets, begun, NOW);
    const sent = await Promise.all(
      parts.map(async ({ part, url }) => ({ part, etag: await put(url, text.slice((part - 1) * size, part * size)) })),
    );
    const upload = await getUpload(store.table, account, begun.id);
    const complete = (listed: typeof sent) =>
      completeUpload(store.table, store.blobs.datasets, upload, { parts: listed, inspect }, NOW);
    expect(sent).toHaveLength(2);
    for (const listed of [sent.slice(0, 1), sent.toReversed(), []]) {
      await expect(complete(listed)).rejects.toMatchObject({ details: [{ field: 'parts' }] });
    }
    const [one, other] = await Promise.all([complete(sent), complete(sent)]);
    expect(other).toEqual(one);
    const page = { sort: 'name', order: 'ascending', limit: 10 } as const;
    expect(await listDatasets(store.table, account, page)).toMatchObject({ records: [one], total: 1 });
  });

  test('of a file whose beginning is refused becomes no dataset, and is over', async () => {
    const begun = wanted(10);
    const { parts } = await startUpload(store.table, store.blobs.datasets, begun, NOW);
    const upload = await getUpload(store.table, account, begun.id);
    const sent = [{ part: 1, etag: await put(parts[0]!.url, '0123456789') }];
    const refuse = () => Promise.reject(ValidationError.of('file', 'must be a table'));
    const complete = completeUpload(store.table, store.blobs.datasets, upload, { parts: sent, inspect: refuse }, NOW);
    await expect(complete).rejects.toMatchObject({ details: [{ field: 'file', message: 'must be a table' }] });
    await expect(getUpload(store.table, account, begun.id)).rejects.toThrow(NotFoundError);
    await expect(getDataset(store.table, account, begun.id)).rejects.toThrow(NotFoundError);
    expect(await store.blobs.datasets.head(blobKeys.datasetFile(account, begun.id))).toBeUndefined();
  });

  test('that the bucket does not have any more can be aborted', async () => {
    const begun = wanted(10);
    await startUpload(store.table, store.blobs.datasets, begun, NOW);
    const upload = await getUpload(store.table, account, begun.id);
    await store.blobs.datasets.abortUpload(blobKeys.datasetFile(account, begun.id), upload.upload_id);
    await abortUpload(store.table, store.blobs.datasets, upload);
    await expect(getUpload(store.table, account, begun.id)).rejects.toThrow(NotFoundError);
  });

  test('that is aborted while it is completed is not found, under its own id', async () => {
    const begun = wanted(10);
    const { parts } = await startUpload(store.table, store.blobs.datasets, begun, NOW);
    const upload = await getUpload(store.table, account, begun.id);
    const sent = [{ part: 1, etag: await put(parts[0]!.url, '0123456789') }];
    // What it does first; the record goes last.
    await store.blobs.datasets.abortUpload(blobKeys.datasetFile(account, begun.id), upload.upload_id);
    const complete = completeUpload(store.table, store.blobs.datasets, upload, { parts: sent, inspect }, NOW);
    await expect(complete).rejects.toThrow(new NotFoundError(`Upload ${begun.id} not found`));
  });

  test('creates no dataset from parts that were never sent', async () => {
    const begun = wanted(10);
    await startUpload(store.table, store.blobs.datasets, begun, NOW);
    const upload = await getUpload(store.table, account, begun.id);
    const parts = [{ part: 1, etag: 'made-up' }];
    await expect(completeUpload(store.table, store.blobs.datasets, upload, { parts, inspect }, NOW)).rejects.toThrow(
      ValidationError,
    );
    await expect(getDataset(store.table, account, begun.id)).rejects.toThrow(NotFoundError);
  });

  test('does not exist for other accounts, once aborted, and once expired', async () => {
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
