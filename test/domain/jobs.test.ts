import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { getAccount } from '#domain/accounts.ts';
import { type Dataset, deleteDataset, getDataset } from '#domain/datasets.ts';
import { ConflictError, NotFoundError, RateLimitError } from '#domain/errors.ts';
import {
  beginAttempt,
  failJob,
  getJob,
  type Job,
  listActive,
  reportProgress,
  startJob,
  stopJob,
} from '#domain/jobs.ts';
import { LIMITS } from '#domain/limits.ts';
import { AT, aDataset, aJob, anAccount, aReadyDataset, aRunningJob, NOW, openStore, type Store } from './store.ts';

let store: Store;
let account: string;
let dataset: Dataset;

beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  account = await anAccount(store.table);
  dataset = await aReadyDataset(store.table, account);
});

const slots = async () => (await getAccount(store.table, account)).active_jobs;
const uses = async () => (await getDataset(store.table, account, dataset.id)).in_use;
const progress = { current_epoch: 1, progress: 50, metrics: { loss: 1 } };

describe('a job', () => {
  test('takes a slot and marks its dataset, and gives both back however it ends', async () => {
    const ends: ((job: Job) => Promise<unknown>)[] = [
      (job) => stopJob(store.table, job, AT),
      (job) => failJob(store.table, job, 'why', AT),
    ];
    for (const end of ends) {
      const job = await aJob(store.table, dataset);
      expect([await slots(), await uses()]).toEqual([1, 1]);
      expect(await end(job)).toBe(true);
      expect([await slots(), await uses()]).toEqual([0, 0]);
      expect(await end(job)).toBe(false);
      expect([await slots(), await uses()]).toEqual([0, 0]);
    }
  });

  test('is refused when all slots are taken, also when many ask at once', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 9 }, () => aJob(store.table, dataset)));
    expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(LIMITS.activeJobs);
    for (const one of tries) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(RateLimitError);
    expect(await slots()).toBe(LIMITS.activeJobs);
    expect(await uses()).toBe(LIMITS.activeJobs);
  });

  test('is refused on a dataset that was deleted a moment ago', async () => {
    await deleteDataset(store.table, account, dataset.id, NOW);
    await expect(aJob(store.table, dataset)).rejects.toThrow(NotFoundError);
    expect(await slots()).toBe(0);
  });

  test('is refused on a dataset that is not ready, and leaves no slot taken', async () => {
    await expect(aJob(store.table, await aDataset(store.table, account))).rejects.toThrow(ConflictError);
    expect(await slots()).toBe(0);
  });

  test('is in the index only while it is active', async () => {
    const job = await aJob(store.table, dataset);
    const isListed = async () => (await listActive(store.table)).some((one) => one.id === job.id);
    expect(await isListed()).toBe(true);
    await stopJob(store.table, job, AT);
    expect(await isListed()).toBe(false);
  });

  test("does not exist for another account's eyes", async () => {
    const job = await aJob(store.table, dataset);
    await expect(getJob(store.table, await anAccount(store.table), job.id)).rejects.toThrow(NotFoundError);
  });
});

describe('an attempt', () => {
  test('is begun by one of those that try', async () => {
    const job = await aJob(store.table, dataset);
    const tries = await Promise.all([1, 2, 3].map(() => beginAttempt(store.table, job, AT)));
    expect(tries.filter((one) => one !== undefined)).toHaveLength(1);
    expect((await getJob(store.table, account, job.id)).attempt).toBe(1);
  });

  test('of the past can write no more', async () => {
    const first = await aRunningJob(store.table, dataset);
    const second = await beginAttempt(store.table, first, AT);
    expect(await reportProgress(store.table, first, progress, AT)).toBeUndefined();
    expect(await failJob(store.table, first, 'late', AT)).toBe(false);
    const running = await startJob(store.table, second!, 'cpu', AT);
    expect((await reportProgress(store.table, running!, progress, AT))?.progress).toBe(50);
  });

  test('learns at its next word that the job was stopped', async () => {
    const job = await aRunningJob(store.table, dataset);
    expect(await reportProgress(store.table, job, progress, AT)).toBeDefined();
    await stopJob(store.table, job, AT);
    expect(await reportProgress(store.table, job, progress, AT)).toBeUndefined();
    expect(await beginAttempt(store.table, job, AT)).toBeUndefined();
    expect(await startJob(store.table, job, 'cpu', AT)).toBeUndefined();
    expect((await getJob(store.table, account, job.id)).status).toBe('stopped');
  });
});
