/** What is asked of a request before its body is parsed: is there such a route, who calls, how often, and is it there? */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { newId } from '#domain/ids.ts';
import type { Adapters } from '#domain/ports/adapters.ts';
import { newPredictionId } from '#domain/prediction-log/ids.ts';
import { createBatch } from '#domain/predictions/create.ts';
import type { Settings } from '#domain/settings.ts';
import { json } from '#functions/http/body/json.ts';
import type { HttpHandler } from '#functions/http/contract.ts';
import { makeServices, route } from '#functions/http/route.ts';
import { makeSurface } from '#functions/http/surface.ts';
import { describedRoutes } from '#functions/platform/described-routes.ts';
import { renderError } from '#functions/platform/errors.ts';
import { importer } from '#functions/platform/models/importer.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { BOUNDARY } from './forms.ts';
import { type Call, openPlatform, type Platform } from './harness.ts';
import { aBatch, completed, ready, running, SERVING, uploaded } from './records.ts';

let platform: Platform;
let token: string;
let stranger: string;
/** Every route in one function, the real ones. */
let handler: HttpHandler;
/** The records of an account by the parameter of a path that names them. */
let owned: Record<string, string>;
/** Of the model, in paths where a number names it. */
let number: string;

beforeAll(async () => {
  platform = await openPlatform();
  token = await platform.login('ada');
  stranger = await platform.login('mallory');
  handler = surfaceOf(describedRoutes, permitted('platform-api', platform.store));
  const dataset = await ready(platform, await uploaded(platform, token));
  const start = { dataset_id: dataset.id, model_type: 'mlp' };
  const begun = await platform.call({ method: 'POST', path: '/training/start', token, json: start });
  const job = await running(platform, dataset.account_id, begun.body.job_id);
  const model = await completed(platform, job, Buffer.from('model'));
  const batch = aBatch(model, dataset, platform.clock.now);
  await createBatch(platform.store.table, batch);
  const json = { name: 'large', file_size: 1 };
  const upload = await platform.call({ method: 'POST', path: '/datasets/uploads', token, json });
  const imported = await platform.call(
    { method: 'POST', path: '/models/import/uploads', token, json: { file_name: 'w.pth', file_size: 1 } },
    surfaceOf(describedRoutes, permitted('platform-import', platform.store)),
  );
  const made = async (path: string, json: unknown) =>
    (await platform.call({ method: 'POST', path, token, json })).body.id;
  await platform.call({
    method: 'PUT',
    path: `/models/by-name/${model.name}/aliases/champion`,
    token,
    json: { model_id: model.id },
  });
  number = String(model.number);
  const space = { batch_size: [8] };
  const sweep = await platform.call({
    method: 'POST',
    path: '/training/sweeps',
    token,
    json: { dataset_id: dataset.id, model_type: 'mlp', space, trials: 1 },
  });
  owned = {
    sweep_id: sweep.body.sweep_id,
    dataset_id: dataset.id,
    job_id: job.id,
    model_id: model.id,
    file: 'model.onnx',
    upload_id: upload.body.upload_id,
    import_id: imported.body.upload_id,
    user_id: (await platform.call({ path: '/auth/me', token })).body.id,
    invitation_id: await made('/account/invitations', { role: 'viewer' }),
    name: model.name,
    alias: 'champion',
    version: model.version,
    batch_id: batch.id,
    prediction_id: newPredictionId(model.number, platform.clock.now),
    webhook_id: await made('/webhooks', { url: 'https://hooks.example.com/in', events: ['*'] }),
    key_id: await made('/account/api-keys', { name: 'key', scope: 'read' }),
  };
});
afterAll(() => platform.close());
afterEach(() => {
  jest.restoreAllMocks();
});

function surfaceOf(routes: typeof describedRoutes, adapters: Adapters, rates: Partial<Settings['rates']> = {}) {
  const settings = { ...platform.settings, rates: { ...platform.settings.rates, ...rates } };
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const predictor = { predict: async () => [], describe: async () => SERVING };
  const services = { ...makeServices(adapters, { settings, logger }), predictor, importer: async () => importer };
  return makeSurface({ routes, renderError }, services);
}

const routes = describedRoutes.map((one) => [`${one.method} ${one.path}`, one] as const);
const withBody = routes.filter(([, { request }]) => request.body);
const withParameters = routes.filter(([, { path }]) => path.includes('{'));

/** What stands for a missing resource: a code, but in the Open Inference Protocol a sentence. */
function codeAt(path: string): unknown {
  if (path.startsWith('/oip')) return expect.stringMatching(/not found|[Nn]o model|has no/);
  return path.startsWith('/api/v1/models') ? 'RESOURCE_NOT_FOUND' : 'not_found';
}

/** A call whose query and whose body are both wrong. */
function badCall(of: (typeof describedRoutes)[number], ids: Readonly<Record<string, string>>): Call {
  const accepted = of.request.body?.accepts[0];
  const contentType = accepted === 'multipart/form-data' ? `${accepted}; boundary=${BOUNDARY}` : accepted;
  return {
    method: of.method,
    path: of.path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const numbered = of.path.startsWith('/api/v1/models') && ids === owned;
      return numbered ? number : ids[name]!;
    }),
    query: of.request.query ? { nonsense: '1' } : {},
    ...(contentType === undefined ? {} : { raw: '{"input": [1,', headers: { 'content-type': contentType } }),
  };
}

const parsing = (of: (typeof describedRoutes)[number]) =>
  of.request.body ? jest.spyOn(of.request.body, 'parse') : undefined;

describe('a body is parsed only', () => {
  test.each(withParameters)('where what the path names is there: %s', async (_, of) => {
    const parse = parsing(of);
    const missing = Object.fromEntries(Object.keys(owned).map((name) => [name, newId(platform.clock.now)]));
    for (const ids of [missing, Object.fromEntries(Object.keys(owned).map((name) => [name, 'no-uuid']))]) {
      const answer = await platform.call({ ...badCall(of, ids), token }, handler);
      expect([answer.status, answer.body.error ?? answer.body.code]).toEqual([404, codeAt(of.path)]);
    }
    if (parse) expect(parse).not.toHaveBeenCalled();
  });

  test.each(withParameters)("where that is the caller's own: %s", async (_, of) => {
    const parse = parsing(of);
    expect((await platform.call({ ...badCall(of, owned), token: stranger }, handler)).status).toBe(404);
    if (parse) expect(parse).not.toHaveBeenCalled();
  });

  test.each(withBody)('of a caller who is known, and not of one who calls too often: %s', async (_, of) => {
    const parse = parsing(of)!;
    const call = badCall(of, owned);
    const tooOften = surfaceOf([of], platform.store, { authenticatedPerHour: 0, anonymousPerHour: 0 });
    expect((await platform.call({ ...call, token }, tooOften)).status).toBe(429);
    if (of.authentication === 'account') {
      expect((await platform.call({ ...call, token: 'a.b.c' }, handler)).status).toBe(401);
    }
    expect(parse).not.toHaveBeenCalled();
    // The same call is refused for its body where nothing else stands against it.
    expect((await platform.call({ ...call, token }, handler)).status).toBe(400);
    expect(parse).toHaveBeenCalledTimes(1);
  });

  test('where the route says how its resource is read: it cannot be forgotten', () => {
    const forgetful = () =>
      route({
        method: 'POST',
        path: '/things/{id}',
        summary: 'Forgets',
        tags: [],
        authentication: 'account',
        cost: 'request',
        request: { path: z.strictObject({ id: z.string() }), body: json(z.strictObject({})) },
        responses: { 204: { description: 'Done' } },
        handler: () => ({ status: 204 }),
      });
    expect(forgetful).toThrow('POST /things/{id} would parse a body for a resource that may not be there');
  });
});

describe('what a path names', () => {
  test.each(withParameters.filter(([, { method, request }]) => method === 'GET' || request.body))(
    'is read once a call: %s',
    async (_, of) => {
      const reads: string[] = [];
      const table = new Proxy(platform.store.table, {
        get: (target, key) => {
          const own: unknown = Reflect.get(target, key);
          if (typeof own !== 'function') return own;
          return (...args: [{ sk: string }]) => {
            if (key === 'get') reads.push(args[0].sk);
            return own.apply(target, args);
          };
        },
      });
      // Without a body, no file is left open.
      const method = of.method === 'GET' ? 'HEAD' : of.method;
      const call = { ...badCall(of, owned), method, query: {}, token };
      await platform.call(call, surfaceOf([of], { ...platform.store, table }));
      const resources = reads.filter((sk) => !sk.startsWith('SESSION#'));
      expect(resources.length).toBeGreaterThanOrEqual(1);
      expect(resources).toEqual([...new Set(resources)]);
    },
  );
});
