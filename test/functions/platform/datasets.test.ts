import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import { datasetFailed } from '#domain/datasets/change.ts';
import { indexes, keys } from '#domain/keys.ts';
import { isoTime } from '#domain/times.ts';
import { zipOf } from '../../learning/image/world.ts';
import { csvFile, formBytes, type Part, uploadOf } from './forms.ts';
import { openPlatform, type Platform } from './harness.ts';
import { CSV, failed, ready, uploaded } from './records.ts';

let platform: Platform;
let token: string;
let stranger: string;
beforeAll(async () => {
  platform = await openPlatform({ uploadBytes: 20_000 });
  token = await platform.login('ada');
  stranger = await platform.login('mallory');
});
afterAll(() => platform.close());

const name: Part = { name: 'name', value: 'My Dataset' };
const details = async (parts: readonly Part[]) => {
  const answer = await platform.call(uploadOf(token, parts));
  expect([answer.status, answer.body.error]).toEqual([400, 'validation_error']);
  return answer.body.details;
};
const notes = async () =>
  (await platform.store.table.query({ index: 'byIndex', partition: indexes.orphans, limit: 100 })).items.length;

describe('an upload', () => {
  test('is stored byte for byte, announced in its account’s group, and leaves no orphan mark', async () => {
    const before = await notes();
    const answer = await platform.call(
      uploadOf(token, [csvFile(CSV), name, { name: 'dataset_type', value: 'classification' }]),
    );
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.any(String),
      name: 'My Dataset',
      version: expect.any(Number),
      description: '',
      dataset_type: 'classification',
      file_size: CSV.length,
      uploaded_at: '2026-01-01T00:00:00.000Z',
      status: 'processing',
    });
    const me = await platform.call({ path: '/auth/me', token });
    const { body } = await platform.store.blobs.datasets.get(blobKeys.datasetFile(me.body.id, answer.body.id));
    expect((await buffer(body)).toString()).toBe(CSV);
    const messages = await platform.store.queues.datasets.receive({ max: 10 });
    expect(messages.map(({ body, group }) => [JSON.parse(body), group])).toContainEqual([
      { account_id: me.body.id, dataset_id: answer.body.id },
      me.body.id,
    ]);
    expect(await notes()).toBe(before);
  });

  test('needs no dataset_type, and accepts the fields before or after the file', async () => {
    const first = await platform.call(uploadOf(token, [name, csvFile(CSV)]));
    expect(first.body).toMatchObject({ status: 'processing', dataset_type: 'auto' });
    const second = await platform.call(uploadOf(token, [{ ...name, value: 'Größe 😀' }, csvFile(CSV)]));
    expect(second.body.name).toBe('Größe 😀');
  });

  test('that is cut short anywhere is refused, and changes nothing', async () => {
    const whole = formBytes([csvFile(CSV), name]);
    const count = async () => (await platform.call({ path: '/datasets', token })).body.total;
    const before = await count();
    for (const length of [0, 1, 10, 60, 120, 150, whole.length - 60, whole.length - 10, whole.length - 5]) {
      const answer = await platform.call(uploadOf(token, [], whole.subarray(0, length)));
      expect([length, answer.status]).toEqual([length, 400]);
      expect(answer.body.details[0].field).toBe('body');
    }
    expect(await count()).toBe(before);
  });

  test('names what is missing, unknown, repeated or too long', async () => {
    expect(await details([name])).toEqual([{ field: 'file', message: 'is required' }]);
    expect(await details([csvFile(CSV)])).toEqual([{ field: 'name', message: 'is required' }]);
    expect(await details([csvFile(CSV), csvFile(CSV), name])).toEqual([
      { field: 'file', message: 'must be one file; got 2' },
    ]);
    expect(await details([csvFile(CSV), name, { ...csvFile(CSV), name: 'other' }])).toEqual([
      { field: 'other', message: 'is not a known file field; known is file' },
    ]);
    expect(await details([csvFile(CSV), name, { name: 'colour', value: 'red' }])).toEqual([
      {
        field: 'colour',
        message:
          'is not a known field; known are name, description, dataset_type, target, delimiter, quote, header, decimal, missing, columns, unlabelled',
      },
    ]);
    expect(await details([csvFile(CSV), name, name])).toEqual([
      { field: 'name', message: 'must be given once; got 2 values' },
    ]);
    expect(await details([csvFile(CSV), { name: 'name', value: 'x'.repeat(201) }])).toEqual([
      { field: 'name', message: expect.stringMatching(/^must have between 1 and 200 characters; got \d+: "x+…$/) },
    ]);
    expect(await details([csvFile(CSV), name, { name: 'dataset_type', value: 'images' }])).toEqual([
      {
        field: 'dataset_type',
        message: 'must be "auto", "classification", "regression" or "multilabel"; got "images"',
      },
    ]);
    expect(await details([csvFile(CSV), { name: 'name', value: Buffer.from([0x61, 0xff]) }])).toEqual([
      { field: 'name', message: 'must be valid UTF-8' },
    ]);
    const many = Array.from({ length: 40 }, (_, i) => ({ name: `f${i}`, value: '' }));
    expect(await details([csvFile(CSV), name, ...many])).toContainEqual({
      field: 'body',
      message: 'must have at most 32 parts; got more',
    });
  });

  test.each([
    ['an empty file', '', /empty|0 bytes/],
    ['a header alone', 'a,b\n', /at least 1 row/],
    ['a row of another width', 'a,b\n1,2\n1,2,3\n', /row|line/],
    ['a column without a name', 'a,b,,y\n1,2,3,4\n', /column 3 of the header/],
    ['a binary file', Buffer.from('89504e470d0a1a0a0000', 'hex'), /PNG/],
    ['invalid UTF-8', Buffer.from([0x61, 0x2c, 0x62, 0x0a, 0xff, 0xfe, 0x2c, 0x31, 0x0a]), /UTF-8/],
    ['a NUL byte', 'a,b\n1,\0\n', /NUL/],
  ])('of %s is refused before anything is stored', async (_, content, message) => {
    const before = await notes();
    const [detail] = await details([csvFile(content), name]);
    expect(detail.field).toBe('file');
    expect(detail.message).toMatch(message);
    expect(await notes()).toBe(before);
  });

  test('of JSON without records, or a ZIP that is none, is refused', async () => {
    const message = async (content: string, fileName: string) =>
      (await details([csvFile(content, fileName), name]))[0].message;
    expect(await message('[]', 'data.json')).toBe('must have at least 1 record; got 0');
    expect(await message('PK\x03\x04', 'data.zip')).toMatch(/^must be a whole ZIP archive/);
  });

  test('of images is refused for what the directory of the ZIP shows', async () => {
    const message = async (names: readonly string[], type?: string) => {
      const bytes = zipOf(names.map((of) => ({ name: of, bytes: Buffer.from(of) })));
      const fields = [csvFile(bytes, 'images.zip'), name];
      return (await details(type ? [...fields, { name: 'dataset_type', value: type }] : fields))[0].message;
    };
    expect(await message(['a/1.png', '2.png'])).toMatch(/^entry "2.png" of the ZIP must lie in a folder/);
    expect(await message(['a/1.png', 'a/2.png'])).toMatch(
      /^column "label" must have between 2 and 1000 classes; got 1: "a"/,
    );
    expect(await message(['a/1.png', 'b/2.png'], 'regression')).toMatch(/must be numeric for regression; got "a"/);
    expect(await message(['1.png', 'm.csv', 'm.json'])).toMatch(/at most one manifest/);
    expect(await message(['x.npy', 'z.npy'])).toMatch(/^must have an array of labels.*got "x", "z"/);
  });

  test('of another media type, or of too many bytes, is refused', async () => {
    const other = await platform.call({ method: 'POST', path: '/datasets/upload', token, json: {} });
    expect(other.status).toBe(415);
    expect(other.body.details).toEqual([
      { field: 'content-type', message: 'must be multipart/form-data; got application/json' },
    ]);
    const bare = { ...uploadOf(token, [csvFile(CSV)]), headers: { 'content-type': 'multipart/form-data' } };
    expect((await platform.call(bare)).body.details[0].message).toContain('no boundary');
    const exact = formBytes([name, csvFile('')]).length;
    const fits = await platform.call(
      uploadOf(token, [name, csvFile(`a,b\n${'1,2\n1,3\n'.repeat((20_000 - exact - 4) / 8)}`)]),
    );
    expect(fits.status).toBe(201);
    const large = formBytes([name, csvFile('x'.repeat(20_001 - exact))]);
    const refused = await platform.call(uploadOf(token, [], large));
    expect(refused.status).toBe(413);
    expect(refused.body.details).toEqual([{ field: 'body', message: 'must be at most 20000 bytes; got 20001' }]);
  });

  test('is accepted although the queue fails: the sweep will find it', async () => {
    const queue = { ...platform.store.queues.datasets, send: () => Promise.reject(new Error('no queue')) };
    const queueless = await openPlatform({}, (adapters) => ({
      ...adapters,
      queues: { ...adapters.queues, datasets: queue },
    }));
    const ada = await queueless.login();
    expect((await queueless.call(uploadOf(ada, [csvFile(CSV), name]))).status).toBe(201);
    expect(queueless.logged.join()).toContain('dataset message not sent');
    await queueless.close();
  });
});

describe('a dataset', () => {
  test('shows its metadata once it is ready, and why it has failed', async () => {
    const dataset = await uploaded(platform, token);
    const path = `/datasets/${dataset.id}`;
    expect(Object.keys((await platform.call({ path, token })).body)).not.toContain('metadata');
    expect((await platform.call({ path: `${path}/profile`, token })).status).toBe(409);
    await ready(platform, dataset);
    expect((await platform.call({ path, token })).body).toMatchObject({
      status: 'ready',
      dataset_type: 'classification',
      metadata: { rows: 100, columns: 3, features: ['a', 'b'], target: 'label' },
    });
    expect((await platform.call({ path: `${path}/profile`, token })).body.columns).toHaveLength(3);

    const bad = await uploaded(platform, token);
    await failed(platform, bad);
    const shown = await platform.call({ path: `/datasets/${bad.id}`, token });
    expect(shown.body).toMatchObject({
      status: 'failed',
      error: { error: 'validation_error', details: [{ field: 'target' }] },
    });
    const profile = await platform.call({ path: `/datasets/${bad.id}/profile`, token });
    expect(profile.body).toMatchObject({ error: 'conflict', details: [{ field: 'target' }] });
  });

  test('whose profile is cut short is shown with what to do, and refuses what needs the profile', async () => {
    const dataset = await ready(platform, await uploaded(platform, token));
    const key = blobKeys.datasetProfile(dataset.account_id, dataset.id);
    await platform.store.blobs.datasets.put(key, Buffer.from('{"kind":"table","rows":1'));
    const message = `The profile of dataset ${dataset.id} is damaged: its bytes are not those that were written. PATCH /datasets/${dataset.id} with its dataset_type has the file read again`;
    const path = `/datasets/${dataset.id}`;
    const shown = await platform.call({ path, token });
    expect([shown.status, shown.body.error]).toEqual([200, { error: 'file_damaged', message, details: [] }]);
    expect(platform.logged.join()).toContain('profile damaged');
    const json = { dataset_id: dataset.id, model_type: 'mlp' };
    for (const call of [
      { path: `${path}/profile` },
      { path: `${path}/preview` },
      { method: 'POST', path: '/training/start', json },
      { method: 'POST', path: '/training/sweeps', json: { ...json, space: { batch_size: [8] } } },
    ]) {
      const answer = await platform.call({ ...call, token });
      expect([call.path, answer.status, answer.body.message]).toEqual([call.path, 409, message]);
    }
    const repaired = await platform.call({ method: 'PATCH', path, token, json: { dataset_type: 'classification' } });
    expect([repaired.status, repaired.body.status]).toEqual([200, 'processing']);
  });

  test('that could not be processed does not blame the file', async () => {
    const lost = await uploaded(platform, token);
    const failure = { message: 'It was not read', details: [] };
    await datasetFailed(platform.store.table, lost, failure, isoTime(platform.clock.now));
    expect((await platform.call({ path: `/datasets/${lost.id}`, token })).body.error).toEqual({
      error: 'internal_error',
      message: 'It was not read',
      details: [],
    });
  });

  test('of another account does not exist', async () => {
    const dataset = await uploaded(platform, token);
    for (const [method, path] of [
      ['GET', `/datasets/${dataset.id}`],
      ['GET', `/datasets/${dataset.id}/profile`],
      ['DELETE', `/datasets/${dataset.id}`],
    ] as const) {
      expect((await platform.call({ method, path, token: stranger })).status).toBe(404);
    }
    expect((await platform.call({ path: '/datasets', token: stranger })).body.total).toBe(0);
    expect((await platform.call({ path: '/datasets/not-an-id', token })).status).toBe(404);
  });

  test('is deleted with its file', async () => {
    const dataset = await uploaded(platform, token);
    const path = `/datasets/${dataset.id}`;
    const before = await notes();
    const answer = await platform.call({ method: 'DELETE', path, token });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await platform.call({ path, token })).status).toBe(404);
    const key = blobKeys.datasetFile(dataset.account_id, dataset.id);
    expect(await platform.store.blobs.datasets.head(key)).toBeUndefined();
    expect(await notes()).toBe(before);
    expect((await platform.call({ method: 'DELETE', path, token })).status).toBe(404);
  });

  test('that a job reads is not deleted', async () => {
    const dataset = await uploaded(platform, token);
    await platform.store.table.update(keys.dataset(dataset.account_id, dataset.id), { add: { in_use: 1 } });
    const answer = await platform.call({ method: 'DELETE', path: `/datasets/${dataset.id}`, token });
    expect(answer.body).toEqual({
      error: 'conflict',
      message: `Dataset ${dataset.id} is in use by 1 active training job`,
    });
  });
});

describe('a listing', () => {
  test('comes in pages, sorted as asked', async () => {
    const ada = await platform.login('lister');
    for (const [index, value] of ['b', 'a', 'c'].entries()) {
      platform.clock.now += 1000;
      await platform.call(uploadOf(ada, [csvFile(CSV + '4,z,no\n'.repeat((index * 2) % 3)), { name: 'name', value }]));
    }
    const names = async (query: Record<string, string>) =>
      (await platform.call({ path: '/datasets', token: ada, query })).body.datasets.map(
        (of: { name: string }) => of.name,
      );
    expect(await names({})).toEqual(['c', 'a', 'b']);
    expect(await names({ sort_by: 'created_at', order: 'asc' })).toEqual(['b', 'a', 'c']);
    expect(await names({ sort_by: 'name', order: 'asc' })).toEqual(['a', 'b', 'c']);
    expect(await names({ sort_by: 'size', order: 'desc' })).toEqual(['a', 'c', 'b']);
    expect(await names({ limit: '2', page: '2' })).toEqual(['b']);
    expect(await names({ page: '9' })).toEqual([]);
    const answer = await platform.call({ path: '/datasets', token: ada, query: { limit: '2' } });
    expect(answer.body).toMatchObject({ total: 3, page: 1, limit: 2 });
  });

  test.each([
    [{ page: '0' }, 'page', 'must be between 1 and 1000000; got 0'],
    [{ limit: '101' }, 'limit', 'must be between 1 and 100; got 101'],
    [{ limit: 'ten' }, 'limit', 'must be a whole number; got "ten"'],
    [{ limit: '' }, 'limit', 'must be a whole number; got ""'],
    [{ limit: '1.5' }, 'limit', 'must be a whole number; got 1.5'],
    [{ limit: '1e1' }, 'limit', 'must be a whole number; got "1e1"'],
    [{ limit: ['1', '2'] }, 'limit', 'must be given once; got 2 values'],
    [{ sort_by: 'colour' }, 'sort_by', 'must be "name", "created_at" or "size"; got "colour"'],
    [
      { sorted: 'name' },
      'sorted',
      'is not a known field; known are page, limit, cursor, sort_by, order, status, name, name_prefix, uploaded_after, uploaded_before',
    ],
  ])('refuses %j', async (query, field, message) => {
    const answer = await platform.call({ path: '/datasets', token, query });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      error: 'validation_error',
      message: 'Invalid input data',
      details: [{ field, message }],
    });
  });
});
