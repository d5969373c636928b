/** What somebody would try who means harm. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Table } from '#domain/ports/table/port.ts';
import { makeHandler } from '#functions/catalog/api.ts';
import { permitted } from '#infra/embedded/invoke/permitted.ts';
import { functions } from '#infra/topology.ts';
import { makeEvent } from '#test/functions/platform/harness.ts';
import { useCatalog } from './world.ts';

const world = useCatalog();

const NEW = { name: 'x', model_id: 'attacked' };
const WHATS = ['list', 'create', 'get', 'update', 'delete', 'history', 'export', 'import'];
const VALID: Readonly<Record<string, object>> = {
  list: { page: 1, size: 8 },
  create: NEW,
  history: { id: 1, page: 1, size: 1 },
  export: {},
  import: { items: [NEW] },
};
const validOf = (what: string) => VALID[what] ?? { id: 1 };

describe('another account', () => {
  test('finds nothing of this one, changes nothing, and cannot tell a model from none', async () => {
    const { id, version } = await world.created();
    const mallory = { token: await world.platform.login('mallory') };
    for (const what of ['get', 'update', 'delete', 'history']) {
      const paged = what === 'history' ? { page: 1, size: 1 } : {};
      const [there, nowhere] = await Promise.all([
        world.call(what, { id, ...paged }, mallory),
        world.call(what, { id: 999_999, ...paged }, mallory),
      ]);
      expect([what, there.status, there.body]).toEqual([what, 404, nowhere.body]);
    }
    expect((await world.call('list', { page: 1, size: 8 }, mallory)).body.data.total).toBe(0);
    expect((await world.call('export', {}, mallory)).body.data.items).toEqual([]);
    expect((await world.call('get', { id })).body.data.version).toBe(version);
  });
});

describe('somebody without credentials', () => {
  test.each(WHATS)('is refused %s, and so is a wrong token', async (what) => {
    const path = `/api/v1/models/${what}`;
    for (const credentials of [{}, { token: 'a.b.c' }, { headers: { 'X-API-Key': 'ty_nobody' } }]) {
      const json = validOf(what);
      const answer = await world.platform.call({ surface: 'catalog', method: 'POST', path, json, ...credentials });
      expect([answer.status, answer.body]).toMatchObject([401, { code: 401 }]);
    }
  });

  test.each([
    ['read', ['list', 'get', 'history', 'export']],
    ['train', ['create', 'update', 'import']],
    ['admin', ['delete']],
  ])('with a key that may %s is refused what needs more', async (scope, whats) => {
    const key = { method: 'POST', path: '/account/api-keys', token: world.token, json: { name: scope, scope } };
    const headers = { 'X-API-Key': (await world.platform.call(key)).body.key };
    const order = ['read', 'train', 'admin'];
    const needs: Readonly<Record<string, string>> = {
      create: 'train',
      update: 'train',
      import: 'train',
      delete: 'admin',
    };
    for (const what of WHATS) {
      const json = validOf(what);
      const path = `/api/v1/models/${what}`;
      const { status } = await world.platform.call({ surface: 'catalog', method: 'POST', path, json, headers });
      const allowed = order.indexOf(scope) >= order.indexOf(needs[what] ?? 'read');
      expect([what, status === 403]).toEqual([what, !allowed]);
      if (whats.includes(what)) expect(allowed).toBe(true);
    }
  });
});

describe('a body', () => {
  test.each(['id', 'account_id', 'version', 'created_at', 'updated_at', 'pk', 'sk', 'ipk', 'expiresAt', 'constructor'])(
    'cannot set %s of a new model',
    async (field) => {
      const answer = await world.call('create', { ...NEW, [field]: 1 });
      expect([answer.status, answer.body.code]).toEqual([400, 400]);
      expect(answer.body.message).toContain(`${field} is not a known field`);
    },
  );

  test('cannot set what an update does not know, nor __proto__', async () => {
    const { id } = await world.created();
    for (const text of [
      `{"id":${id},"account_id":"x"}`,
      `{"id":${id},"created_at":"x"}`,
      `{"id":${id},"__proto__":{}}`,
    ]) {
      const answer = await world.call('update', undefined, {
        raw: text,
        headers: { 'content-type': 'application/json' },
      });
      expect(answer.status).toBe(400);
    }
    expect((await world.call('get', { id })).body.data.version).toBe(1);
  });

  test.each([
    ['name', 201],
    ['model_id', 201],
    ['description', 2001],
    ['region', 101],
  ])('cannot have a %s of %i characters', async (field, length) => {
    const answer = await world.call('create', { ...NEW, [field]: 'x'.repeat(length) });
    expect([answer.status, answer.body.message.includes(`${field} must have`)]).toEqual([400, true]);
  });

  test.each(['', ' ', '\u0000', 'a\nb', '\ud800', ' a', 'a ', '\u00a0a', 'a\u3000'])(
    'cannot have the model_id %j',
    async (model_id) => {
      expect((await world.call('create', { name: 'x', model_id })).status).toBe(400);
    },
  );

  test.each(['temperature', 'top_p'])('can have a %s of any size, or one that no store tells from 0', async (field) => {
    for (const [given, stored] of [
      [1e-6, 1e-6],
      [1e-7, 1e-7],
      [5e-324, 0],
    ] as const) {
      expect(await world.created({ [field]: given })).toMatchObject({ [field]: stored });
    }
  });

  test('of more than a megabyte is refused before it is read', async () => {
    const raw = `{"name":"${'x'.repeat(1_100_000)}"}`;
    const answer = await world.call('create', undefined, { raw, headers: { 'content-type': 'application/json' } });
    expect([answer.status, answer.body]).toMatchObject([413, { code: 413 }]);
  });

  test.each([
    ['what is no JSON', { raw: '{"page": 1', headers: { 'content-type': 'application/json' } }, 400],
    ['another type', { raw: 'page=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
  ])('that is %s is refused', async (_, more, status) => {
    const answer = await world.call('list', undefined, more);
    expect([answer.status, answer.body.code]).toEqual([status, status]);
  });

  test('of any values is taken or refused, and never fails', async () => {
    const { id } = await world.created();
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom(5e-324, 1e-200, 1e-7, 1e-6, 1.7976931348623157e308, -0, 2 ** 53),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const fields = {
      name: value,
      description: value,
      max_tokens: value,
      temperature: value,
      top_p: value,
      region: value,
    };
    const given = fc.record({ ...fields, operatorId: value, version: value, is_active: value }, { requiredKeys: [] });
    const property = fc.asyncProperty(given, async (change) => {
      const { status, body } = await world.call('update', { id, ...change });
      expect([200, 400, 409]).toContain(status);
      if (status !== 200) return;
      const read = await world.call('get', { id });
      expect(read.body.data).toEqual(body.data);
    });
    await fc.assert(property, { numRuns: 300 });
  }, 60_000);
});

test('a request that hangs is answered before its client gives up after ten seconds', async () => {
  expect(functions['catalog-api'].timeoutSeconds).toBeLessThan(10);
  const { store, settings } = world.platform;
  const table = new Proxy(store.table, {
    get(target, name: keyof Table) {
      return name === 'get' ? () => new Promise<never>(() => undefined) : target[name].bind(target);
    },
  });
  const adapters = { ...store, table };
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const handler = makeHandler(permitted('catalog-api', adapters), { settings, logger });
  const event = makeEvent({ method: 'POST', path: '/api/v1/models/get', json: { id: 1 }, operator: 'x' });
  const context = { awsRequestId: 'x', getRemainingTimeInMillis: () => 251 } as Parameters<typeof handler>[1];
  const answer = await handler(event, context);
  expect([answer.statusCode, JSON.parse(answer.body)]).toEqual([
    503,
    { code: 503, message: 'The request took too long' },
  ]);
});
