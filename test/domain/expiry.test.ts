import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { expireEnded } from '#domain/expiry.ts';
import { newId } from '#domain/ids.ts';
import { indexes, keys } from '#domain/keys.ts';
import { dueOrphans } from '#domain/orphans.ts';
import type { Sweep } from '#domain/sweeps/record.ts';
import { createSweep, findSweep, replaceSweep } from '#domain/sweeps/store.ts';
import { isoTime } from '#domain/times.ts';
import { stopJob } from '#domain/training/endings.ts';
import { listJobs } from '#domain/training/lists.ts';
import { findJob } from '#domain/training/read.ts';
import { aJob, anAccount, aReadyDataset, NOW, openStore, type Store } from './store.ts';

const DAY = 86_400_000;

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

test('jobs that ended long ago are deleted with their places in lists; active ones and later ones stay', async () => {
  const { table } = store;
  const account = await anAccount(table);
  const dataset = await aReadyDataset(table, account);
  const old = await aJob(table, dataset);
  const late = await aJob(table, dataset);
  const active = await aJob(table, dataset);
  await stopJob(table, old, isoTime(NOW));
  await stopJob(table, late, isoTime(NOW + 2 * DAY));
  const listed = async () => (await listJobs(table, account, { limit: 10 })).records.map(({ id }) => id).sort();
  expect(await expireEnded(table, 0, NOW + 10_000 * DAY)).toBe(0);
  expect(await expireEnded(table, 30, NOW + 30 * DAY - 1)).toBe(0);
  expect(await expireEnded(table, 30, NOW + 31 * DAY)).toBe(1);
  expect(await findJob(table, account, old.id)).toBeUndefined();
  expect(await listed()).toEqual([late.id, active.id].sort());
  expect(await expireEnded(table, 30, NOW + 10_000 * DAY)).toBe(1);
  expect(await listed()).toEqual([active.id]);
});

test('sweeps and batch predictions that ended long ago go too, with the files of the latter; running ones stay', async () => {
  const { table, blobs } = store;
  const account = await anAccount(table);
  const dataset = await aReadyDataset(table, account);
  const of = { account_id: account, dataset_id: dataset.id, dataset_name: 'd', created_at: isoTime(NOW) };
  const sweepOf = (id: string, more: Partial<Sweep>): Sweep => ({
    ...{ ...of, id, name: 's', model_type: 'mlp', method: 'random', metric: 'val_loss', revision: 1, parallel: 1 },
    ...{ factor: 3, rungs: 1, base: {}, trials: [], status: 'running', ...more },
  });
  const running = sweepOf(newId(NOW), {});
  await createSweep(table, running);
  const ended = sweepOf(newId(NOW), {});
  const created = await createSweep(table, ended);
  await replaceSweep(table, created, { ...created, status: 'stopped', ended_at: isoTime(NOW) });
  const batch = newId(NOW);
  const place = { ipk: indexes.endedBatches, isk: isoTime(NOW) };
  await table.put({
    ...{ ...keys.batch(account, batch), ...place, ...of, id: batch, model_id: newId(NOW), model_name: 'm' },
    ...{ model_version: '1.0.0', probabilities: false, include: [], status: 'completed', rows: 1, file_size: 1 },
  });
  const file = blobKeys.batchFile(account, batch);
  await blobs.artifacts.put(file, Buffer.from('x'));
  expect(await expireEnded(table, 30, NOW + 29 * DAY)).toBe(0);
  expect(await expireEnded(table, 30, NOW + 31 * DAY)).toBe(2);
  expect(await table.get(keys.batch(account, batch))).toBeUndefined();
  expect(await findSweep(table, account, ended.id)).toBeUndefined();
  expect(await findSweep(table, account, running.id)).toBeDefined();
  const orphans = await dueOrphans(table, NOW + 31 * DAY, 100);
  expect(orphans.map(({ prefix }) => prefix)).toContain(blobKeys.batchPrefix(account, batch));
  expect(await expireEnded(table, 30, NOW + 31 * DAY)).toBe(0);
});
