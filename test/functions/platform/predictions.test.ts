/** The routes of batch predictions; `events/predict-batch.test.ts` makes them. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { blobKeys } from '#domain/blob-keys.ts';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { datasetProfile } from '#domain/datasets/profile.ts';
import type { Model } from '#domain/models/record.ts';
import { beginAttempt } from '#domain/predictions/attempts.ts';
import { completeBatch, failBatch } from '#domain/predictions/endings.ts';
import { getBatch } from '#domain/predictions/read.ts';
import { isoTime } from '#domain/times.ts';
import { openPlatform, type Platform } from './harness.ts';
import { penguins } from './penguins.ts';
import { PROFILE, ready, uploaded } from './records.ts';

let platform: Platform;
let token: string;
let model: Model;
let datasetId: string;
/** The id of a new one. */
let id: string;

const FEATURES = ['island', 'bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'body_mass_g', 'sex', 'year'];
const profileOf = (names: readonly string[]): DatasetProfile =>
  datasetProfile.parse({
    ...PROFILE,
    columns: [...names, 'label'].map((name) => ({ ...PROFILE.columns[0]!, name })),
    features: names,
  });

beforeAll(async () => {
  platform = await openPlatform({ rates: { authenticatedPerHour: 100_000 } });
  token = await platform.login();
  model = await penguins(platform, token);
  datasetId = (await ready(platform, await uploaded(platform, token), profileOf(FEATURES))).id;
});
afterAll(() => platform.close());

const start = (json: object, more: object = {}) =>
  platform.call({ method: 'POST', path: `/models/${model.id}/predict/batch`, token, json, ...more });
const at = (path = '', method = 'GET', as = token) =>
  platform.call({ method, path: `/predictions/batch/${id}${path}`, token: as });
const stored = () => getBatch(platform.store.table, model.account_id, id);
const now = () => isoTime(platform.clock.now);

beforeEach(async () => {
  platform.clock.now += 1000;
  const answer = await start({ dataset_id: datasetId, include: ['label'] });
  expect(answer.status).toBe(202);
  id = answer.body.batch_id;
});

/** As a worker does. */
async function completed(content = 'row,class\r\n1,Adelie\r\n') {
  const { table, blobs } = platform.store;
  const until = platform.clock.now + 60_000;
  const begun = (await beginAttempt(table, await stored(), { message: 'm', until }, platform.clock.now))!;
  const { size } = await blobs.artifacts.put(blobKeys.batchFile(model.account_id, id), Buffer.from(content));
  await completeBatch(table, begun, { rows: 100, size, sha256: 'ab' }, now());
}

describe('a batch prediction', () => {
  test('is queued, holds model and dataset, and is cancelled once', async () => {
    expect((await at()).body).toMatchObject({
      ...{ batch_id: id, status: 'queued', model_id: model.id, model_version: '1.0.0', dataset_id: datasetId },
      ...{ include: ['label'], variant: 'float32', rows: 100, rows_done: 0, progress: 0, error: null, file_size: null },
    });
    const remove = (path: string) => platform.call({ method: 'DELETE', path, token });
    expect((await remove(`/api/v1/models/${model.number}`)).body.code).toBe('MODEL_IN_USE');
    expect((await remove(`/models/${model.id}`)).status).toBe(409);
    expect((await remove(`/datasets/${datasetId}`)).status).toBe(409);
    expect((await at('', 'DELETE')).status).toBe(409);
    expect((await at('/download')).status).toBe(404);
    expect((await at('/cancel', 'POST')).body).toMatchObject({ status: 'cancelled', ended_at: now() });
    const again = await at('/cancel', 'POST');
    expect([again.status, again.body.message]).toEqual([409, expect.stringContaining('it is cancelled')]);
  });

  test('that is completed counts its bytes until it is deleted', async () => {
    const bytes = async () => (await platform.call({ path: '/account/usage', token })).body.storage.prediction_bytes;
    const before = await bytes();
    await completed('12345');
    expect((await at()).body).toMatchObject({ status: 'completed', progress: 100, file_size: 5, sha256: 'ab' });
    expect((await bytes()) - before).toBe(5);
    expect((await at('', 'DELETE')).status).toBe(204);
    expect([(await at()).status, await bytes()]).toEqual([404, before]);
    expect(await platform.store.blobs.artifacts.head(blobKeys.batchFile(model.account_id, id))).toBeUndefined();
  });

  test('that has failed says why', async () => {
    const details = [{ field: 'row 3, year', message: 'must be a number' }];
    await failBatch(platform.store.table, await stored(), { message: 'Invalid input data', details }, now());
    expect((await at()).body).toMatchObject({ status: 'failed', error: { message: 'Invalid input data', details } });
    expect((await at('', 'DELETE')).status).toBe(204);
  });

  test('is listed, newest first, with filters', async () => {
    await at('/cancel', 'POST');
    const list = async (query: Record<string, string>) => {
      const { body } = await platform.call({ path: '/predictions/batch', token, query });
      return body.batches.map((one: { batch_id: string }) => one.batch_id);
    };
    expect((await list({}))[0]).toBe(id);
    expect((await list({ status: 'cancelled' }))[0]).toBe(id);
    expect(await list({ status: 'running' })).toEqual([]);
    expect(await list({ dataset_id: datasetId, model_id: model.id })).toContain(id);
    expect(await list({ model_id: id })).toEqual([]);
  });

  test('does not exist for another account', async () => {
    const stranger = await platform.login('mallory');
    for (const [path, method] of [
      ['', 'GET'],
      ['', 'DELETE'],
      ['/cancel', 'POST'],
    ] as const) {
      expect((await at(path, method, stranger)).status).toBe(404);
    }
    expect((await start({ dataset_id: datasetId }, { token: stranger })).status).toBe(404);
    await at('/cancel', 'POST');
  });

  test('is created once for an idempotency key', async () => {
    await at('/cancel', 'POST');
    const headers = { 'idempotency-key': 'one' };
    const first = await start({ dataset_id: datasetId }, { headers });
    const second = await start({ dataset_id: datasetId }, { headers });
    expect(second.body.batch_id).toBe(first.body.batch_id);
    id = first.body.batch_id;
    await at('/cancel', 'POST');
  });

  test.each([
    [{}, 400, 'dataset_id'],
    [{ dataset_id: 'x' }, 400, 'dataset_id'],
    [{ include: ['gone'] }, 400, 'include[0]'],
    [{ include: 'label' }, 400, 'include'],
    [{ probabilities: 1 }, 400, 'probabilities'],
    [{ rows: 3 }, 400, 'rows'],
    [{ variant: 'int8' }, 400, 'variant'],
    [{ variant: 'int4' }, 400, 'variant'],
  ])('is refused with %j', async (json, status, field) => {
    await at('/cancel', 'POST');
    const given =
      Object.hasOwn(json, 'dataset_id') || Object.keys(json).length === 0 ? json : { dataset_id: datasetId, ...json };
    const answer = await start(given);
    expect([answer.status, answer.body.details[0].field]).toEqual([status, field]);
  });

  test('needs a dataset that is ready, with a column for each feature', async () => {
    await at('/cancel', 'POST');
    const processing = await uploaded(platform, token, 'processing');
    expect((await start({ dataset_id: processing.id })).status).toBe(409);
    const narrow = await ready(platform, processing, profileOf(FEATURES.slice(2)));
    const { body } = await start({ dataset_id: narrow.id });
    expect(body.details[0].message).toMatch(/"island" and 1 more are missing$/);
  });
});
