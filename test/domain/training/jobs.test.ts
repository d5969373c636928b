import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { getAccount } from '#domain/accounts/read.ts';
import { deleteDataset } from '#domain/datasets/change.ts';
import { getDataset } from '#domain/datasets/read.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { ConflictError, NotFoundError, RateLimitError } from '#domain/errors.ts';
import { LIMITS } from '#domain/limits.ts';
import { dueOrphans } from '#domain/orphans.ts';
import { beginAttempt, reportProgress, startJob } from '#domain/training/attempts.ts';
import { failJob, stopJob } from '#domain/training/endings.ts';
import { getJob, listActive } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { AT, aDataset, aJob, anAccount, aReadyDataset, aRunningJob, NOW, openStore, type Store } from '../store.ts';

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
const progress = { current_epoch: 1, progress: 50, metrics: { loss: 1 }, compute_seconds: 2.5, estimated_cost: 0.0025 };
const start = { run: 1, device: 'cpu' };

describe('a job', () => {
  test('takes a slot and marks its dataset as in use, and releases both however it ends', async () => {
    const ends: ((job: Job) => Promise<boolean>)[] = [
      async (job) => (await stopJob(store.table, job, AT)) !== undefined,
      async (job) => (await failJob(store.table, job, 'why', AT)) !== undefined,
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

  test('is refused when all slots are in use, also for concurrent requests', async () => {
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

  test('marks its checkpoint as orphaned, however it ends', async () => {
    for (const end of [
      stopJob,
      (...[table, job, now]: Parameters<typeof stopJob>) => failJob(table, job, 'why', now),
    ]) {
      const job = await aRunningJob(store.table, dataset);
      await end(store.table, job, AT);
      const note = { bucket: 'artifacts', prefix: `checkpoints/${account}/${job.id}/` };
      expect(await dueOrphans(store.table, NOW + 15 * 60_000 - 1, 100)).not.toContainEqual(note);
      expect(await dueOrphans(store.table, NOW + 15 * 60_000, 100)).toContainEqual(note);
    }
  });

  test('does not exist for another account', async () => {
    const job = await aJob(store.table, dataset);
    await expect(getJob(store.table, await anAccount(store.table), job.id)).rejects.toThrow(NotFoundError);
  });
});

describe('an attempt', () => {
  test('is begun by one of several concurrent calls', async () => {
    const job = await aJob(store.table, dataset);
    const tries = await Promise.all([1, 2, 3].map(() => beginAttempt(store.table, job, AT)));
    expect(tries.filter((one) => one !== undefined)).toHaveLength(1);
    expect((await getJob(store.table, account, job.id)).attempt).toBe(1);
  });

  test('that is not the latest can no longer write', async () => {
    const first = await aRunningJob(store.table, dataset);
    const second = await beginAttempt(store.table, first, AT);
    expect(await reportProgress(store.table, first, progress, AT)).toBeUndefined();
    expect(await failJob(store.table, first, 'late', AT)).toBeUndefined();
    const { job: running } = (await startJob(store.table, second!, start, AT))!;
    expect((await reportProgress(store.table, running, progress, AT))?.progress).toBe(50);
  });

  test('is run again on another host, and writes of the first run are refused', async () => {
    const queued = (await beginAttempt(store.table, await aJob(store.table, dataset), AT))!;
    const { job: first } = (await startJob(store.table, queued, { ...start, run: 1 }, AT))!;
    const { job: second } = (await startJob(store.table, queued, { ...start, run: 2 }, AT))!;
    expect(second).toMatchObject({ status: 'running', attempt: 1, run: 2 });
    expect(await reportProgress(store.table, first, progress, AT)).toBeUndefined();
    expect(await failJob(store.table, first, 'late', AT)).toBeUndefined();
    // A trainer that was frozen before it began, or started twice.
    for (const run of [1, 2]) expect(await startJob(store.table, queued, { ...start, run }, AT)).toBeUndefined();
    expect(await reportProgress(store.table, second, progress, AT)).toBeDefined();
    // The next attempt counts its runs from 1 again.
    const third = (await beginAttempt(store.table, second, AT))!;
    expect(third.run).toBeUndefined();
    expect(await reportProgress(store.table, second, progress, AT)).toBeUndefined();
    expect((await startJob(store.table, third, { ...start, run: 1 }, AT))!.job).toMatchObject({ attempt: 2, run: 1 });
  });

  test('may begin with its second run, if the first host was lost before that', async () => {
    const queued = (await beginAttempt(store.table, await aJob(store.table, dataset), AT))!;
    expect((await startJob(store.table, queued, { ...start, run: 3 }, AT))!.job).toMatchObject({ run: 3 });
    expect(await startJob(store.table, queued, { ...start, run: 2 }, AT)).toBeUndefined();
  });

  test('has its device, and why it is not the requested one', async () => {
    const queued = (await beginAttempt(store.table, await aJob(store.table, dataset), AT))!;
    const first = (await startJob(store.table, queued, { run: 1, device: 'cpu', deviceReason: 'no GPU' }, AT))!;
    expect(first.job).toMatchObject({ device: 'cpu', device_reason: 'no GPU' });
    const second = (await startJob(store.table, queued, { run: 2, device: 'cuda' }, AT))!;
    expect(second.job).toMatchObject({ device: 'cuda' });
    expect(second.job).not.toHaveProperty('device_reason');
  });

  test('publishes its start once, and both runs of a race get the stored record', async () => {
    const queued = (await beginAttempt(store.table, await aJob(store.table, dataset), AT))!;
    const first = (await startJob(store.table, queued, { ...start, deviceReason: 'no GPU' }, AT))!;
    expect(first.event?.type).toBe('training.started');
    expect(first.job).toEqual(await getJob(store.table, account, queued.id));
    // Read before the first run had begun.
    const later = '2026-01-01T01:00:00.000Z';
    const second = (await startJob(store.table, queued, { ...start, run: 2 }, later))!;
    expect(second.event).toBeUndefined();
    expect(second.job).toMatchObject({ started_at: AT, heartbeat_at: later, run: 2 });
    expect(second.job).toEqual(await getJob(store.table, account, queued.id));
  });

  test('learns at its next report that the job was stopped', async () => {
    const job = await aRunningJob(store.table, dataset);
    expect(await reportProgress(store.table, job, progress, AT)).toBeDefined();
    await stopJob(store.table, job, AT);
    expect(await reportProgress(store.table, job, progress, AT)).toBeUndefined();
    expect(await beginAttempt(store.table, job, AT)).toBeUndefined();
    expect(await startJob(store.table, job, start, AT)).toBeUndefined();
    expect((await getJob(store.table, account, job.id)).status).toBe('stopped');
  });
});
