import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isoTime } from '#domain/times.ts';
import { stopJob } from '#domain/training/endings.ts';
import { expireJobs } from '#domain/training/expiry.ts';
import { listJobs } from '#domain/training/lists.ts';
import { findJob } from '#domain/training/read.ts';
import { aJob, anAccount, aReadyDataset, NOW, openStore, type Store } from '../store.ts';

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
  expect(await expireJobs(table, 0, NOW + 10_000 * DAY)).toBe(0);
  expect(await expireJobs(table, 30, NOW + 30 * DAY - 1)).toBe(0);
  expect(await expireJobs(table, 30, NOW + 31 * DAY)).toBe(1);
  expect(await findJob(table, account, old.id)).toBeUndefined();
  expect(await listed()).toEqual([late.id, active.id].sort());
  expect(await expireJobs(table, 30, NOW + 10_000 * DAY)).toBe(1);
  expect(await listed()).toEqual([active.id]);
});
