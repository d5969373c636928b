/** How much there may be, of an account and of the whole installation. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { closeAccount } from '#domain/accounts/deletion/close.ts';
import { purge } from '#domain/accounts/deletion/purge.ts';
import { addBytes } from '#domain/accounts/usage/storage.ts';
import { measureStorage } from '#domain/installation/storage.ts';
import { keys } from '#domain/keys.ts';
import { listActive } from '#domain/training/read.ts';
import { csvFile, uploadOf } from './forms.ts';
import { openPlatform, type Platform } from './harness.ts';
import { ready, uploaded } from './records.ts';

let platform: Platform;
afterEach(() => platform.close());

const open = async (caps: object) => {
  platform = await openPlatform({ caps });
  return platform.login();
};

const train = async (token: string) => {
  const dataset = await ready(platform, await uploaded(platform, token));
  const json = { dataset_id: dataset.id, model_type: 'mlp' };
  return platform.call({ method: 'POST', path: '/training/start', token, json });
};

describe('training jobs', () => {
  test('of an account are refused beyond its limit, with those that there are', async () => {
    const token = await open({ jobsPerAccount: 2 });
    const started = [(await train(token)).body.job_id, (await train(token)).body.job_id];
    const refused = await train(token);
    expect([refused.status, refused.body.error]).toEqual([429, 'rate_limit_exceeded']);
    expect(refused.headers['Retry-After']).toBe('60');
    expect(refused.body.message).toMatch(
      /^At most 2 training jobs of an account may be queued or running at once; there are 2: /,
    );
    for (const id of started) expect(refused.body.message).toContain(id);
    const { body } = await platform.call({ path: '/account/usage', token });
    expect(body.jobs.active).toEqual({ used: 2, limit: 2 });
  });

  test('of all accounts are refused beyond the installation’s, with the number and without the others’ names', async () => {
    const token = await open({ jobs: 2 });
    const other = await platform.login('grace');
    const { job_id } = (await train(other)).body;
    expect((await train(token)).status).toBe(201);
    const refused = await train(token);
    expect([refused.status, refused.body.message]).toEqual([
      429,
      'At most 2 training jobs of all accounts of this installation may be queued or running at once; there are 2',
    ]);
    await platform.call({ method: 'POST', path: `/training/stop/${job_id}`, token: other });
    expect((await train(token)).status).toBe(201);
  });
});

describe('many starts at once', () => {
  test.each([
    ['an account', { jobsPerAccount: 7 }],
    ['the installation', { jobs: 7, jobsPerAccount: 50 }],
  ])('do not exceed the limit of %s by a single job', async (_, caps) => {
    const token = await open(caps);
    const dataset = await ready(platform, await uploaded(platform, token));
    const json = { dataset_id: dataset.id, model_type: 'mlp' };
    const start = () => platform.call({ method: 'POST', path: '/training/start', token, json });
    const statuses = (await Promise.all(Array.from({ length: 50 }, start))).map(({ status }) => status);
    expect([201, 429].map((wanted) => statuses.filter((status) => status === wanted).length)).toEqual([7, 43]);
    const jobs = await listActive(platform.store.table);
    expect(jobs).toHaveLength(7);
    // A slot is free again however its job ends, and once only.
    for (let i = 0; i < 2; i++) {
      await platform.call({ method: 'POST', path: `/training/stop/${jobs[0]!.id}`, token });
    }
    expect([(await start()).status, (await start()).status]).toEqual([201, 429]);
  });

  test('count the jobs of an account that is deleted back', async () => {
    await open({ jobs: 2 });
    const other = await platform.login('grace');
    expect((await train(other)).status).toBe(201);
    const { account_id } = (await listActive(platform.store.table))[0]!;
    const closed = await closeAccount(platform.store.table, account_id, { now: platform.clock.now, tokenSeconds: 60 });
    await purge({ ...platform.store, now: () => platform.clock.now }, closed, 1000);
    expect(await platform.store.table.get(keys.installationJobs())).toMatchObject({ active: 0 });
  });
});

describe('what is stored', () => {
  const file = (bytes: number) =>
    csvFile(`a,y\n${Array.from({ length: (bytes - 4) / 4 }, (_, i) => `1,${i % 2}\n`).join('')}`);
  const upload = (token: string, bytes: number, name = 'data') =>
    platform.call(uploadOf(token, [file(bytes), { name: 'name', value: name }]));

  test('by an account is bounded, with the numbers', async () => {
    const token = await open({ storedBytesPerAccount: 1000 });
    const first = await upload(token, 600);
    expect(first.status).toBe(201);
    const refused = await upload(token, 404);
    expect([refused.status, refused.body.error, refused.body.message]).toEqual([
      507,
      'storage_limit_exceeded',
      'This account may store at most 1000 bytes; it stores 600, and this would add 404',
    ]);
    const begun = { name: 'parts', file_size: 401 };
    const inParts = await platform.call({ method: 'POST', path: '/datasets/uploads', token, json: begun });
    expect(inParts.status).toBe(507);
    expect((await upload(token, 400)).status).toBe(201);
    const { body } = await platform.call({ path: '/account/usage', token });
    expect(body.storage).toMatchObject({ total_bytes: 1000, limit_bytes: 1000 });
    await platform.call({ method: 'DELETE', path: `/datasets/${first.body.id}`, token });
    expect((await upload(token, 600)).status).toBe(201);
  });

  test('refuses trainings and sweeps, which write nobody knows how much, where there is no room left', async () => {
    const token = await open({ storedBytesPerAccount: 1000 });
    const dataset = await ready(platform, await uploaded(platform, token));
    const training = { dataset_id: dataset.id, model_type: 'mlp' };
    const sweep = { ...training, method: 'grid', space: { learning_rate: [0.1, 0.01] } };
    const begin = () =>
      Promise.all(
        Object.entries({ '/training/start': training, '/training/sweeps': sweep }).map(([path, json]) =>
          platform.call({ method: 'POST', path, token, json }),
        ),
      );
    const key = keys.account(dataset.account_id);
    await platform.store.table.update(key, { add: addBytes('model_bytes', 1000 - dataset.file_size) });
    for (const { status, body } of await begin()) {
      const said = 'This account may store at most 1000 bytes; it stores 1000, and this would add 1';
      expect([status, body.message]).toEqual([507, said]);
    }
    await platform.store.table.update(key, { add: addBytes('model_bytes', -1) });
    expect((await begin()).map(({ status }) => status)).toEqual([201, 201]);
  });

  test('by all accounts is bounded; what was deleted shows when it is measured again', async () => {
    const token = await open({ storedBytes: 1000 });
    const other = await platform.login('grace');
    const caps = { storedBytes: 1000 };
    const { body } = await upload(other, 600);
    expect((await upload(token, 404)).body.message).toBe(
      'This installation may store at most 1000 bytes; it stores 600, and this would add 404',
    );
    await platform.call({ method: 'DELETE', path: `/datasets/${body.id}`, token: other });
    expect((await upload(token, 404)).status).toBe(507);
    await measureStorage(platform.store, caps);
    expect((await upload(token, 1000)).status).toBe(201);
    // Measured today, and nobody was refused since: not measured again.
    await platform.store.blobs.artifacts.put('other', Buffer.alloc(5000));
    await measureStorage(platform.store, caps);
    expect((await upload(token, 404)).body.message).toContain('it stores 1000, and');
    platform.clock.now += 86_400_000;
    await measureStorage(platform.store, caps);
    expect((await upload(token, 404)).status).not.toBe(201);
  });
});
