import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { csvFile, uploadOf } from './forms.ts';
import { openPlatform, type Platform } from './harness.ts';
import { CSV, ready, running, uploaded } from './records.ts';

let platform: Platform;
let token: string;
let people = 0;
beforeAll(async () => {
  platform = await openPlatform();
});
afterAll(() => platform.close());
beforeEach(async () => {
  people += 1;
  token = await platform.login(`ada${'a'.repeat(people)}`);
});

const upload = async (name: string) =>
  (await platform.call(uploadOf(token, [csvFile(CSV), { name: 'name', value: name }]))).body;
const get = async (path: string, query = {}) => (await platform.call({ path, query, token })).body;
const versionsOf = async (id: string) =>
  (await get(`/datasets/${id}/versions`)).versions.map((of: { version: number }) => of.version);

describe('uploads under one name', () => {
  test('are versions of it, counted from 1, each with an id of its own', async () => {
    const first = await upload('sales');
    platform.clock.now += 1000;
    const [second, other] = [await upload('sales'), await upload('Sales')];
    expect([first.version, second.version, other.version]).toEqual([1, 2, 1]);
    expect((await get(`/datasets/${second.id}`)).version).toBe(2);
    expect(await versionsOf(first.id)).toEqual([2, 1]);
    expect(await versionsOf(other.id)).toEqual([1]);
    const listed = await get('/datasets', { name: 'sales', sort_by: 'created_at', order: 'asc' });
    expect(listed.datasets.map((of: { id: string }) => of.id)).toEqual([first.id, second.id]);
  });

  test('never get the same version, however many come at once', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => upload('race')));
    expect(made.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('do not get the version of one that was deleted', async () => {
    const first = await upload('gone');
    await platform.call({ method: 'DELETE', path: `/datasets/${first.id}`, token });
    expect((await upload('gone')).version).toBe(2);
  });

  test('follow those that an earlier build stored without a version', async () => {
    const old = await uploaded(platform, token, 'before');
    const key = keys.dataset(old.account_id, old.id);
    await platform.store.table.update(key, { remove: ['version'] });
    await platform.store.table.delete(keys.datasetName(old.account_id, 'before'));
    expect((await get(`/datasets/${old.id}`)).version).toBe(1);
    const next = await upload('before');
    expect(next.version).toBe(2);
    expect(await versionsOf(next.id)).toEqual([2, 1]);
  });

  test('take one read of the counter and one transaction', async () => {
    await upload('counted');
    platform.calls.length = 0;
    await upload('counted');
    const own = platform.calls.filter((call) => call.includes('DATASETNAME') || call.startsWith('transact'));
    expect(own.filter((call) => call.startsWith('get'))).toHaveLength(1);
    // The mark of the file, and the record with its lists.
    expect(own.filter((call) => call.startsWith('transact'))).toHaveLength(2);
  });
});

test('jobs, results and models keep the version that they were trained on', async () => {
  await upload('kept');
  const dataset = await ready(platform, await uploaded(platform, token, 'kept'));
  expect(dataset.version).toBe(2);
  const started = await platform.call({
    method: 'POST',
    path: '/training/start',
    token,
    json: { dataset_id: dataset.id, model_type: 'mlp' },
  });
  const job = await running(platform, dataset.account_id, started.body.job_id);
  expect(job.dataset_version).toBe(2);
  const refused = await platform.call({ method: 'DELETE', path: `/datasets/${dataset.id}`, token });
  expect(refused.status).toBe(409);
  expect(refused.body.message).toBe(`Dataset ${dataset.id} is in use by 1 active training job: ${job.id}`);
});
