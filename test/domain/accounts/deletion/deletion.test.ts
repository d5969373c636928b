import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ClosedAccount, closeAccount, dueDeletions } from '#domain/accounts/deletion/close.ts';
import { endAccess, purge } from '#domain/accounts/deletion/purge.ts';
import { operatorAccount } from '#domain/accounts/operator.ts';
import { addCall, readCalls } from '#domain/accounts/usage/calls.ts';
import { startUpload } from '#domain/datasets/uploads.ts';
import { newId } from '#domain/ids.ts';
import { indexes, keys } from '#domain/keys.ts';
import type { Compute } from '#domain/ports/compute/port.ts';
import { findJob } from '#domain/training/read.ts';
import { FolderBlobs } from '#embedded/blobs/folder-blobs.ts';
import { aDataset, anAccount, aReadyDataset, aRunningJob, NOW, openStore, type Store } from '../../store.ts';
import { fill, rowsWith, SAMPLES } from './everything.ts';

const MINUTE = 60_000;

let clock: { now: number };
let store: Store;
let terminated: string[];
let id: string;
let other: string;

beforeEach(async () => {
  clock = { now: NOW };
  store = await openStore(() => clock.now);
  terminated = [];
  [id, other] = [newId(NOW), newId(NOW)];
});
afterEach(() => store.close());

const compute: Compute = {
  submit: async () => undefined,
  describe: async () => 'unknown',
  terminate: async (task) => void terminated.push(task),
};
const adapters = () => ({ table: store.table, blobs: store.blobs, compute, now: () => clock.now });
const close = (account = id) => closeAccount(store.table, account, { now: clock.now, tokenSeconds: 60 });
const ALL = 1_000_000;

async function upload(account: string): Promise<void> {
  const wanted = {
    ...{ id: newId(NOW), account_id: account, name: 'large', description: '' },
    ...{ dataset_type: 'auto' as const, file_name: 'large.csv', file_size: 3 },
  };
  await startUpload(store.table, store.blobs.datasets, wanted, clock.now);
}

describe('deleting an account', () => {
  test('leaves nothing of it, whatever it has, and everything of others', async () => {
    expect(Object.keys(SAMPLES).sort()).toEqual(Object.keys(keys).sort());
    for (const account of [other, id]) {
      await fill(store, account);
      await upload(account);
      await addCall(store.table, account, NOW);
    }
    const before = rowsWith(store.dir, other);
    expect(rowsWith(store.dir, id).length).toBeGreaterThan(400);

    const closed = await close();
    expect(await purge(adapters(), closed, ALL)).toBe('waiting');
    // What is documented: its id, and that it was deleted.
    expect((await store.table.query({ partition: keys.account(id).pk, limit: 10 })).items).toEqual([
      { ...keys.account(id), ...closed, ipk: indexes.closedAccounts, isk: closed.quiet_at },
    ]);
    expect(rowsWith(store.dir, id)).toHaveLength(1);

    clock.now += 30 * MINUTE;
    expect(await purge(adapters(), closed, ALL)).toBe('deleted');
    expect(rowsWith(store.dir, id)).toEqual([]);
    expect(rowsWith(store.dir, other)).toEqual(before);
    expect(await Promise.all([id, other].map((one) => readCalls(store.table, one, '20')))).toEqual([0, 1]);
  });

  test('goes on wherever it was interrupted, until nothing is left', async () => {
    await fill(store, id);
    await upload(id);
    const closed = await close();
    const steps: number[] = [];
    while ((await purge(adapters(), closed, 2)) === 'unfinished') {
      steps.push(rowsWith(store.dir, id).length);
      expect(await dueDeletions(store.table, clock.now, 10)).toEqual([closed]);
    }
    expect(steps.length).toBeGreaterThan(5);
    expect(steps).toEqual(steps.toSorted((a, b) => b - a));
    expect(rowsWith(store.dir, id)).toHaveLength(1);
    expect(await dueDeletions(store.table, clock.now, 10)).toEqual([]);
    clock.now += 30 * MINUTE;
    expect(await dueDeletions(store.table, clock.now, 10)).toEqual([closed]);
  });

  test('deletes what somebody who was let in before has written since', async () => {
    await fill(store, id);
    const closed = await close();
    await purge(adapters(), closed, ALL);
    // A request that was in progress, and a trainer that has not noticed yet.
    for (const late of ['dataset', 'modelAlias', 'lineage', 'jobLog', 'session', 'calls'] as const) {
      for (const item of SAMPLES[late](id)) await store.table.put(item);
    }
    await store.blobs.artifacts.put(`checkpoints/${id}/j/training.safetensors`, Buffer.from('x'));
    clock.now += 30 * MINUTE;
    expect(await purge(adapters(), closed, ALL)).toBe('deleted');
    expect(rowsWith(store.dir, id)).toEqual([]);
  });

  test('deletes its backups in the second location, and those of nobody else', async () => {
    await fill(store, id);
    const backupCopies = new FolderBlobs(join(store.dir, 'copies'));
    for (const account of [id, other]) await backupCopies.put(`${account}/vault/m/contents/c/data`, Buffer.from('x'));
    await purge({ ...adapters(), backupCopies }, await close(), ALL);
    const { blobs } = await backupCopies.list('');
    expect(blobs.map(({ key }) => key)).toEqual([`${other}/vault/m/contents/c/data`]);
  });

  test('ends the trainers of its jobs, and not those of others', async () => {
    id = await anAccount(store.table);
    other = await anAccount(store.table);
    const job = await aRunningJob(store.table, await aReadyDataset(store.table, id));
    const theirs = await aRunningJob(store.table, await aReadyDataset(store.table, other));
    await aDataset(store.table, id);
    await store.table.put({ ...keys.task(`${job.id}-1`), account_id: id });
    await purge(adapters(), await close(), ALL);
    expect(terminated).toEqual([`${job.id}-1`]);
    expect(await findJob(store.table, id, job.id)).toBeUndefined();
    expect(await store.table.get(keys.task(`${job.id}-1`))).toBeUndefined();
    expect(await findJob(store.table, other, theirs.id)).toMatchObject({ status: 'running' });
  });

  test('of the operator leaves the machine without one, until the next call needs it', async () => {
    id = await operatorAccount(store.table, undefined, NOW);
    await endAccess(store.table, await close());
    const next = await operatorAccount(store.table, undefined, NOW);
    expect(next).not.toBe(id);
    await endAccess(store.table, await close());
    expect(await operatorAccount(store.table, undefined, NOW)).toBe(next);
  });

  test('leaves a name to whoever registered it since', async () => {
    await fill(store, id);
    const closed: ClosedAccount = await close();
    await endAccess(store.table, closed);
    const name = { ...keys.username(`user-${id}`), account_id: other };
    await store.table.put(name);
    // As if the first call had been interrupted after it had freed the names.
    for (const item of SAMPLES.user(id)) await store.table.put(item);
    await purge(adapters(), closed, ALL);
    expect(await store.table.get(name)).toEqual(name);
  });

  test('that is asked for twice is done once', async () => {
    await fill(store, id);
    const closed = await close();
    clock.now += MINUTE;
    expect(await close()).toEqual(closed);
    await purge(adapters(), closed, ALL);
    expect(await close()).toEqual(closed);
    await expect(close(other)).rejects.toThrow(`Account ${other} not found`);
  });
});
