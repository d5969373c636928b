import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { deleteDataset, reprocessDataset } from '#domain/datasets/change.ts';
import { datasetProfile } from '#domain/datasets/profile.ts';
import { findDataset } from '#domain/datasets/read.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { dueOrphans } from '#domain/orphans.ts';
import { isoTime } from '#domain/times.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { bytesInMemory } from '#learning/files/file-bytes.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { flipBit } from '../../embedded/damage.ts';
import { readDataset } from './reader.ts';
import { openWorld, replacing, type World } from './world.ts';

const PENGUINS = readFileSync(new URL('../../../infra/embedded/demo/penguins.csv', import.meta.url), 'utf8');

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const process = (id: string, receives = 1, adapters = world.adapters) =>
  readDataset(permitted('process-dataset', adapters), [world.accountId, id], {}, { receives });

test('a file becomes a ready dataset with a profile beside it, and the event is published', async () => {
  await world.upload('d', PENGUINS, { requested_target: 'species' });
  expect(await process('d')).toEqual({ batchItemFailures: [] });
  const dataset = await findDataset(world.adapters.table, world.accountId, 'd');
  expect(dataset).toMatchObject({ status: 'ready', rows: 344, columns: 8, target: 'species' });
  expect(dataset!.dataset_type).toBe('classification');
  const { body } = await world.adapters.blobs.datasets.get(blobKeys.datasetProfile(world.accountId, 'd'));
  expect(datasetProfile.parse(JSON.parse(await text(body))).sha256).toBe(dataset!.sha256);
  expect(await world.events()).toMatchObject([
    {
      'detail-type': 'dataset.processed',
      account: world.accountId,
      detail: { dataset_id: 'd', status: 'ready', rows: 344 },
    },
  ]);
});

const longCsv = () =>
  `a,b,y\n${Array.from({ length: 100_000 }, (_, i) => `${i % 977},${i % 13}.5,${i % 2}`).join('\n')}\n`;

test('a file that takes longer than there is time is read in parts, each by a message of its own', async () => {
  const csv = longCsv();
  const { blobs, table } = world.adapters;
  const read = (readingShare: number) =>
    readDataset(permitted('process-dataset', world.adapters), [world.accountId, 'd'], { readingShare });
  await world.upload('d', '-');
  await blobs.datasets.put(blobKeys.datasetFile(world.accountId, 'd'), gzipSync(csv));
  for (const part of [1, 2]) {
    expect(await read(0)).toEqual({ batchItemFailures: [] });
    expect(await world.sent('datasets')).toEqual([{ account_id: world.accountId, dataset_id: 'd' }]);
    // A part is no failed reading.
    const dataset = await findDataset(table, world.accountId, 'd');
    expect(dataset).toMatchObject({ status: 'processing', reading_parts: part, readings: 0 });
  }
  await read(0.9);
  expect(await findDataset(table, world.accountId, 'd')).toMatchObject({ status: 'ready', rows: 100_000 });
  expect(await blobs.datasets.head(blobKeys.datasetCheckpoint(world.accountId, 'd'))).toBeUndefined();

  const { body } = await blobs.datasets.get(blobKeys.datasetProfile(world.accountId, 'd'));
  const { warnings: _, ...inParts } = datasetProfile.parse(JSON.parse(await text(body)));
  expect(await profileCsv(bytesInMemory(gzipSync(csv)), { task: 'auto' })).toMatchObject(inParts);
});

test.each([
  ['in one go', 0.9],
  ['in parts', 0],
])('a file that was changed since it was uploaded fails when it is read again %s', async (_, readingShare) => {
  const csv = longCsv();
  const { blobs, table } = world.adapters;
  const find = async () => (await findDataset(table, world.accountId, 'd'))!;
  const read = async (share: number) => {
    await readDataset(permitted('process-dataset', world.adapters), [world.accountId, 'd'], { readingShare: share });
    return find();
  };
  await world.upload('d', csv);
  const before = await read(0.9);
  expect(before.status).toBe('ready');
  await blobs.datasets.put(blobKeys.datasetFile(world.accountId, 'd'), gzipSync(csv.replace('976,', '970,')));

  await reprocessDataset(table, before, { parsing: {}, requested_type: 'auto' }, isoTime(world.clock.now));
  const first = await read(readingShare);
  const again = readingShare === 0 ? await read(0.9) : first;
  expect(first.reading_parts).toBe(readingShare === 0 ? 1 : undefined);
  expect(again).toMatchObject({
    status: 'failed',
    sha256: before.sha256,
    failure: { details: [{ field: 'file', message: expect.stringContaining('The stored file is damaged (SHA-256 ') }] },
  });
  const { body } = await blobs.datasets.get(blobKeys.datasetProfile(world.accountId, 'd'));
  expect(datasetProfile.parse(JSON.parse(await text(body))).sha256).toBe(before.sha256);
});

test('a file that cannot be read because it was changed is damaged in the first place', async () => {
  const { blobs, table } = world.adapters;
  await world.upload('d', PENGUINS);
  const find = async () => (await findDataset(table, world.accountId, 'd'))!;
  const read = async (): Promise<Dataset> => {
    await process('d');
    return find();
  };
  const before = await read();
  await blobs.datasets.put(
    blobKeys.datasetFile(world.accountId, 'd'),
    Buffer.from(PENGUINS.replace('Adelie,', 'Adelie;')),
  );
  await reprocessDataset(table, before, { parsing: {}, requested_type: 'auto' }, isoTime(world.clock.now));
  const damage = expect.stringMatching(
    `^The stored file is damaged \\(SHA-256 [0-9a-f]{64}, expected ${before.sha256}\\)`,
  );
  const reason = expect.stringContaining('row 1 (line 2) must have 8 values');
  expect(await read()).toMatchObject({
    failure: { message: damage, details: [{ message: damage }, { field: 'file', message: reason }] },
  });

  // Also where nobody has read it before, and so nobody knows its SHA-256.
  const bytes = Buffer.from('a,b\n1,2\n3,4\n'.repeat(50));
  await world.upload('new', bytes.toString());
  flipBit(world.dir, bytes, 5);
  await process('new');
  expect((await findDataset(table, world.accountId, 'new'))!.failure!.message).toMatch(
    'The stored file is damaged: its',
  );
});

test('a bad file becomes a failed dataset that says why', async () => {
  await world.upload('d', 'a,b\n1\n');
  expect(await process('d')).toEqual({ batchItemFailures: [] });
  expect(await findDataset(world.adapters.table, world.accountId, 'd')).toMatchObject({
    status: 'failed',
    failure: { details: [{ field: 'file', message: expect.stringContaining('row 1 (line 2) must have 2 values') }] },
  });
  expect(await world.events()).toMatchObject([{ detail: { dataset_id: 'd', status: 'failed' } }]);
});

test('a file with very much that is wrong becomes a failed dataset that says the first of it', async () => {
  const names = Array.from({ length: 2000 }, () => 'x'.repeat(300));
  await world.upload('d', `${names.join(',')}\n`);
  await process('d');
  const { failure } = (await findDataset(world.adapters.table, world.accountId, 'd'))!;
  expect(failure!.details).toHaveLength(20);
  expect(failure!.message).toContain('checking stopped after 20 details');
  expect(JSON.stringify(failure).length).toBeLessThan(5000);
});

test('a store that does not answer fails the message, not the dataset', async () => {
  await world.upload('d', PENGUINS);
  const { datasets } = world.adapters.blobs;
  const broken = {
    ...world.adapters,
    blobs: {
      ...world.adapters.blobs,
      datasets: replacing(datasets, { get: () => Promise.reject(new Error('away')) }),
    },
  };
  expect((await process('d', 1, broken)).batchItemFailures).toHaveLength(1);
  expect((await findDataset(world.adapters.table, world.accountId, 'd'))!.status).toBe('processing');
});

test('a redelivered message changes nothing and publishes nothing', async () => {
  await world.upload('d', PENGUINS);
  await process('d');
  await world.events();
  await process('d', 2);
  expect(await world.events()).toEqual([]);
});

test('a dataset that was deleted is ignored', async () => {
  expect(await process('nothing')).toEqual({ batchItemFailures: [] });
  expect(await world.events()).toEqual([]);
});

test('a dataset deleted while it is read leaves no profile behind', async () => {
  await world.upload('d', PENGUINS);
  const { table, blobs } = world.adapters;
  const deleting = replacing(blobs.datasets, {
    put: async (...args: Parameters<typeof blobs.datasets.put>) => {
      await deleteDataset(table, world.accountId, 'd', world.clock.now);
      return blobs.datasets.put(...args);
    },
  });
  await process('d', 1, { ...world.adapters, blobs: { ...blobs, datasets: deleting } });
  expect(await dueOrphans(table, world.clock.now, 10)).toEqual([
    { bucket: 'datasets', prefix: blobKeys.datasetPrefix(world.accountId, 'd') },
  ]);
  expect(await world.events()).toEqual([]);
});
