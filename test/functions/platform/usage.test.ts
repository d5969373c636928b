import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { keys } from '#domain/keys.ts';
import { isoTime } from '#domain/times.ts';
import { failJob, stopJob } from '#domain/training/endings.ts';
import { getJob } from '#domain/training/read.ts';
import { openPlatform, type Platform } from './harness.ts';
import { CSV, completed, ready, running, uploaded } from './records.ts';

let platform: Platform;
let token: string;
let id: string;
beforeEach(async () => {
  platform = await openPlatform({ accessTokenSeconds: 40 * 86_400, refreshTokenSeconds: 40 * 86_400 });
  token = await platform.login();
  id = (await platform.call({ path: '/auth/me', token })).body.id;
});
afterEach(() => platform.close());

const usage = async (query: Record<string, string> = {}) =>
  (await platform.call({ path: '/account/usage', query, token })).body;
const start = async (dataset_id: string) =>
  (await platform.call({ method: 'POST', path: '/training/start', token, json: { dataset_id, model_type: 'mlp' } }))
    .body.job_id as string;

describe('GET /account/usage', () => {
  test('counts calls, jobs by how they ended, compute, cost and bytes, beside the limits', async () => {
    const dataset = await ready(platform, await uploaded(platform, token));
    const model = await completed(platform, await running(platform, id, await start(dataset.id)), Buffer.alloc(1000));
    const { table } = platform.store;
    const at = isoTime(platform.clock.now);
    const used = { compute_seconds: 2.25, estimated_cost: 0.0005 };
    await failJob(table, await running(platform, id, await start(dataset.id)), 'no luck', at, used);
    await stopJob(table, await getJob(table, id, await start(dataset.id)), at);
    await start(dataset.id);

    expect(await usage()).toEqual({
      period: '2026-01',
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-01-01T00:00:00.000Z',
      calls: { total: 8, this_hour: { used: 8, limit: 1000 } },
      jobs: { completed: 1, failed: 1, stopped: 1, active: { used: 1, limit: 5 } },
      compute: { seconds: 9.75, cost_usd: 0.008, limit_usd: null },
      storage: {
        ...{ datasets: 1, dataset_bytes: CSV.length, models: 1, model_bytes: 1000, prediction_bytes: 0, log_bytes: 0 },
        ...{
          encoder_bytes: 0,
          vault_bytes: 0,
          vault_revision_bytes: 0,
          vault_backup_bytes: 0,
          total_bytes: CSV.length + 1000,
          limit_bytes: null,
        },
      },
      users: { used: 1, limit: 100 },
      api_keys: { used: 0, limit: 100 },
      webhooks: { used: 0, limit: 20 },
    });
    await platform.call({ method: 'DELETE', path: `/models/${model.id}`, token });
    expect((await usage()).storage).toMatchObject({ models: 0, model_bytes: 0, total_bytes: CSV.length });
  });

  test('is of the month that is asked for', async () => {
    await usage();
    platform.clock.now = Date.parse('2026-01-31T23:59:59.999Z');
    expect((await usage()).calls).toEqual({ total: 3, this_hour: { used: 1, limit: 1000 } });
    platform.clock.now += 1;
    expect(await usage()).toMatchObject({ period: '2026-02', calls: { total: 1 } });
    expect(await usage({ period: '2026-01' })).toMatchObject({
      period: '2026-01',
      to: '2026-02-01T00:00:00.000Z',
      calls: { total: 3, this_hour: { used: 2, limit: 1000 } },
    });
    expect(await usage({ period: '2027-12' })).toMatchObject({ calls: { total: 0 }, jobs: { completed: 0 } });
    for (const period of ['2026', '2026-13', '2026-1', '1999-01', '2026-01-01', '']) {
      expect((await platform.call({ path: '/account/usage', query: { period }, token })).status).toBe(400);
    }
  });

  test('takes five reads, however much was used', async () => {
    platform.calls.length = 0;
    await usage();
    expect(platform.calls.map((call) => call.replace(id, 'ID')).sort()).toEqual(
      [
        'get ACCOUNT#ID ACCOUNT',
        'counters ACCOUNT#ID#USAGE CALLS#2026-01',
        'counters ACCOUNT#ID#USAGE CALLS#2026-01-01',
        'get ACCOUNT#ID#USAGE MONTH#2026-01',
        expect.stringMatching(/^get ACCOUNT#ID SESSION#/),
        'increment ACCOUNT#ID#USAGE',
      ].sort(byText),
    );
  });

  test('counts the files of an account of an earlier version once', async () => {
    await uploaded(platform, token);
    const { table } = platform.store;
    await table.update(keys.account(id), {
      remove: ['dataset_bytes', 'model_bytes', 'storage_changes', 'storage_counted'],
    });
    // Uploaded by this version, before anybody asked.
    await uploaded(platform, token, 'second');
    expect((await usage()).storage).toMatchObject({ datasets: 2, dataset_bytes: 2 * CSV.length });
    platform.calls.length = 0;
    await usage();
    expect(platform.calls.filter((call) => call.startsWith('query'))).toEqual([]);
    const { body } = await platform.call({ path: '/datasets', token });
    await platform.call({ method: 'DELETE', path: `/datasets/${body.datasets[0].id}`, token });
    expect((await usage()).storage).toMatchObject({ datasets: 1, dataset_bytes: CSV.length });
  });

  test('is of the caller’s account, for whoever may read', async () => {
    const json = { name: 'reader', scope: 'read' };
    const { key } = (await platform.call({ method: 'POST', path: '/account/api-keys', token, json })).body;
    const found = (await platform.call({ path: '/account/usage', token: key })).body;
    expect(found).toMatchObject({ api_keys: { used: 1, limit: 100 }, calls: { total: 3 } });
    token = await platform.login('eve');
    expect(await usage()).toMatchObject({ api_keys: { used: 0 }, calls: { total: 1 } });
  });
});

/** The matcher stands where its text would. */
const byText = (a: unknown, b: unknown): number => (textOf(a) < textOf(b) ? -1 : 1);
const textOf = (of: unknown): string => (typeof of === 'string' ? of : 'get ACCOUNT#ID SESSION#');
