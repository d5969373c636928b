/** `/api/v1/models`: every example of its document, with values of our own. */
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { blobKeys } from '#domain/blob-keys.ts';
import { ValidationError } from '#domain/errors.ts';
import { keys } from '#domain/keys.ts';
import { beginUse, endUse } from '#domain/models/in-use.ts';
import type { Model } from '#domain/models/record.ts';
import type { HttpHandler } from '#functions/http/contract.ts';
import { renderModelsError } from '#functions/http/errors/models.ts';
import { makeServices } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { renderError } from '#functions/platform/errors.ts';
import { download } from '#functions/platform/numbered-models/download.ts';
import { filenameOf, usualFormatOf } from '#functions/platform/numbered-models/files.ts';
import { type Call, makeEvent } from './harness.ts';
import { openRegistry, type RegistryWorld } from './registry-world.ts';

let world: RegistryWorld;
let models: Model[];

beforeAll(async () => {
  world = await openRegistry();
  models = [
    await world.train('first', { test_performance: { accuracy: 0.85 } }),
    await world.train('second', {
      model_type: 'bilstm',
      artifacts: [{ file: 'model.pth', size: 15_728_640, sha256: 'bb' }],
    }),
    await world.train('third', { task: 'regression', performance: { rmse: 2 }, final_metrics: { train_loss: 0.5 } }),
  ];
});
afterAll(() => world.close());

const BASE = '/api/v1/models';
const call = (path: string, more: Partial<Call> = {}) =>
  world.platform.call({ path: BASE + path, token: world.token, ...more });

describe('models by number', () => {
  test('are listed newest first, with the fields of the document', async () => {
    const { status, body, headers } = await call('');
    expect([status, headers['Content-Type']]).toEqual([200, 'application/json']);
    expect(body.meta).toEqual({ page: 1, page_size: 20, total: 3, total_pages: 1 });
    expect(body.items.map(({ id }: { id: number }) => id)).toEqual([3, 2, 1]);
    expect(body.items[1]).toEqual({
      id: 2,
      algorithm: 'bilstm',
      name: 'second',
      version: '1.0.0',
      metrics: { train_loss: 0.1, val_loss: 0.2, test_accuracy: null },
      created_at: models[1]!.created_at,
      file_size: 15_728_640,
    });
    expect(body.items[0].metrics).toEqual({ train_loss: 0.5, val_loss: null, test_accuracy: null });
  });

  test('are listed by page and by algorithm', async () => {
    const second = await call('', { query: { page: '2', page_size: '2' } });
    expect(second.body.items.map(({ id }: { id: number }) => id)).toEqual([1]);
    expect(second.body.meta).toEqual({ page: 2, page_size: 2, total: 3, total_pages: 2 });
    const only = await call('', { query: { algorithm: 'bilstm' } });
    expect(only.body).toMatchObject({ items: [{ id: 2 }], meta: { total: 1, total_pages: 1 } });
    const none = await call('', { query: { algorithm: 'deephpm' } });
    expect(none.body).toEqual({ items: [], meta: { page: 1, page_size: 20, total: 0, total_pages: 0 } });
  });

  test('are shown one by one, in two reads', async () => {
    world.platform.calls.length = 0;
    const { body } = await call('/1');
    expect(body).toEqual({
      id: 1,
      algorithm: 'mlp',
      name: 'first',
      version: '1.0.0',
      metrics: { train_loss: 0.1, val_loss: 0.2, test_accuracy: 0.85 },
      created_at: models[0]!.created_at,
      file_size: 5,
    });
    const reads = world.platform.calls.filter((one) => !/SESSION|USAGE/.test(one));
    expect(reads).toEqual([
      `get ACCOUNT#${models[0]!.account_id} MODELNUMBER#1`,
      `get ACCOUNT#${models[0]!.account_id} MODEL#${models[0]!.id}`,
    ]);
  });

  test('of another account do not exist', async () => {
    const stranger = await world.platform.login('mallory');
    for (const method of ['GET', 'DELETE']) {
      const answer = await call('/1', { method, token: stranger });
      expect([answer.status, answer.body]).toEqual([404, { code: 'RESOURCE_NOT_FOUND', message: 'Model 1 not found' }]);
    }
    expect((await call('', { token: stranger })).body.meta.total).toBe(0);
  });
});

describe('an error below /api/v1/models', () => {
  test.each<[string, string, Partial<Call>, number, string]>([
    ['an unknown number', '/99', {}, 404, 'RESOURCE_NOT_FOUND'],
    ['what is no number', '/seven', {}, 404, 'RESOURCE_NOT_FOUND'],
    ['the number 0', '/0', {}, 404, 'RESOURCE_NOT_FOUND'],
    ['a path without a route', '/1/nonsense', {}, 404, 'RESOURCE_NOT_FOUND'],
    ['another method', '/1', { method: 'PUT' }, 405, 'METHOD_NOT_ALLOWED'],
    ['a wrong token', '', { token: 'x' }, 401, 'UNAUTHORIZED'],
    ['a wrong page size', '', { query: { page_size: '101' } }, 400, 'VALIDATION_ERROR'],
  ])('has code and message for %s', async (_, path, more, status, code) => {
    const answer = await call(path, more);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ code, message: expect.stringMatching(/./) });
  });

  test('says in its message what was wrong', () => {
    const error = ValidationError.of('page', 'must be at least 1; got 0');
    expect(renderModelsError(error, { presented: false })).toEqual({
      code: 'VALIDATION_ERROR',
      message: 'Invalid input data: page must be at least 1; got 0',
    });
  });

  test('of one who calls too often, or calls beside it, has the format of that path', async () => {
    const rates = { authenticatedPerHour: 0, anonymousPerHour: 0 };
    const settings = { ...world.platform.settings, rates: { ...world.platform.settings.rates, ...rates } };
    const services = makeServices(world.platform.store, { settings, logger: silent });
    const strict = makeSurface({ routes: [], renderError }, services);
    const answer = async (path: string) => (await world.platform.call({ path }, strict)).body;
    expect(await answer(`${BASE}/1`)).toEqual({ code: 'RATE_LIMIT_EXCEEDED', message: 'Too many requests' });
    expect(await answer('/api/v1/modelsx')).toMatchObject({ error: 'rate_limit_exceeded' });
  });
});

const silent = { debug() {}, info() {}, warn() {}, error() {} };

describe('deleting by number', () => {
  test('only says what would go with dry_run', async () => {
    const { account_id, id, number, version } = await world.train('dry');
    await world.platform.store.table.transact([beginUse(account_id, id)]);
    const dry = await call(`/${number}`, { method: 'DELETE', query: { dry_run: 'true' } });
    expect([dry.status, dry.body]).toEqual([
      200,
      {
        model: { id, number, name: 'dry', version },
        files: [{ file: 'model.onnx', size: 5 }],
        bytes: 5,
        aliases: [],
        deletable: false,
        reasons: ['active jobs or predictions use it (1)'],
      },
    ]);
    expect((await call(`/${number}`)).status).toBe(200);
    expect((await call(`/${number}`, { method: 'DELETE', query: { dry_run: 'yes' } })).status).toBe(400);
  });

  test('is refused with MODEL_IN_USE while a job or a prediction uses the model, and goes on afterwards', async () => {
    const { account_id, id, number } = await world.train('used');
    const { table, blobs } = world.platform.store;
    await table.transact([beginUse(account_id, id)]);
    const refused = await call(`/${number}`, { method: 'DELETE' });
    expect([refused.status, refused.body.code]).toEqual([409, 'MODEL_IN_USE']);
    await table.transact([endUse(account_id, id)]);
    const done = await call(`/${number}`, { method: 'DELETE' });
    expect([done.status, done.text]).toEqual([204, '']);
    expect((await call(`/${number}`)).status).toBe(404);
    expect(await blobs.artifacts.head(blobKeys.modelFile(account_id, id, 'model.onnx'))).toBeUndefined();
    expect(await table.get(keys.modelNumber(account_id, number))).toBeUndefined();
  });
});

describe('the file of a download', () => {
  const onnx = { file: 'model.onnx', size: 1, sha256: 'aa' };
  test.each([
    ['bilstm', [onnx, { ...onnx, file: 'model.pth' }], 'pth', 'model_7_bilstm.pth'],
    ['mlp', [{ ...onnx, file: 'model.pth' }], 'pth', 'model_7_mlp.pth'],
    ['mlp', [onnx], 'onnx', 'model_7_mlp.onnx'],
  ] as const)('of %s is for PyTorch if the model has such a file', (model_type, artifacts, format, filename) => {
    expect(usualFormatOf({ artifacts: [...artifacts] })).toBe(format);
    expect(filenameOf({ model_type, number: 7 }, format)).toBe(filename);
  });

  test('comes as an attachment', async () => {
    const services = makeServices(world.platform.store, { settings: world.platform.settings, logger: silent });
    const handler: HttpHandler = makeSurface({ routes: [download], renderError }, services);
    const event = makeEvent({ path: `${BASE}/1/download`, token: world.token });
    const answer = await handler(event, { awsRequestId: 'x', getRemainingTimeInMillis: () => 60_000 } as Context);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': 'attachment; filename="model_1_mlp.onnx"',
      'Content-Length': '5',
    });
    const stream = (answer.body as unknown as PassThrough).pipe(new PassThrough());
    expect((await buffer(stream)).toString()).toBe('model');
  });
});
