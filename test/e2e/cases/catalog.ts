import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { User } from '../user.ts';
import type { World } from '../world.ts';

interface Answered {
  readonly status: number;
  readonly body: unknown;
}

export function catalog(world: World): void {
  describe('the catalog', () => {
    let owner: User;
    let stranger: User;
    beforeAll(async () => {
      [owner, stranger] = [await User.register(world), await User.register(world)];
    });

    async function post(what: string, body: object, as: User = owner, headers = {}): Promise<Answered> {
      const response = await fetch(`${world.bases.catalog}/api/v1/models/${what}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${as.client.token}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    }
    const create = (model_id: string, more = {}) =>
      post('create', { name: model_id, model_id, operatorId: 1, ...more });

    test('creates, lists, shows, changes and deletes models, and keeps their history', async () => {
      const made = await create('gpt-4-turbo', { max_tokens: 128_000, temperature: 0.7, top_p: 1 });
      expect(made).toMatchObject({ status: 201, body: { code: 0, message: 'success', data: { id: 1, version: 1 } } });
      await create('claude-3-opus');
      await create('inactive', { is_active: false });
      expect(await post('list', { page: 1, size: 2, is_active: true })).toMatchObject({
        status: 200,
        body: { data: { items: [{ model_id: 'gpt-4-turbo' }, { model_id: 'claude-3-opus' }], total: 2 } },
      });
      expect(await post('update', { id: 1, is_active: false, version: 1 })).toMatchObject({
        body: { data: { is_active: false, temperature: 0.7, version: 2 } },
      });
      expect(await post('update', { id: 1, name: 'x', version: 1 })).toMatchObject({
        status: 409,
        body: { code: 409 },
      });
      expect(await post('list', { page: 2, size: 2 })).toMatchObject({
        body: { data: { items: [{ id: 3 }], total: 3 } },
      });
      expect(await post('delete', { id: 1 })).toEqual({ status: 200, body: { code: 0, message: 'success' } });
      expect(await post('get', { id: 1 })).toEqual({ status: 404, body: { code: 404, message: 'Model not found' } });
      const actions = ['deleted', 'updated', 'created'].map((action) => ({ action, operator_source: 'token' }));
      expect(await post('history', { id: 1, page: 1, size: 10 })).toMatchObject({
        body: { data: { total: 3, items: actions } },
      });
    });

    test('takes a model_id once, whoever asks at the same time, and once for each account', async () => {
      const answers = await Promise.all(Array.from({ length: 5 }, () => create('raced')));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400, 400, 400]);
      const theirs = await post('create', { name: 'raced', model_id: 'raced' }, stranger);
      expect(theirs).toMatchObject({ status: 201, body: { data: { id: 1 } } });
    });

    test('shows an account nothing of another', async () => {
      const { body } = await create('secret');
      const { id } = (body as { data: { id: number } }).data;
      for (const what of ['get', 'update', 'delete']) {
        expect(await post(what, { id }, stranger)).toMatchObject({ status: 404 });
      }
      const history = { id, page: 1, size: 1 };
      expect(await post('history', history, stranger)).toMatchObject({ status: 404 });
    });

    test('exports what another account imports, once', async () => {
      const exported = (await post('export', {})).body as { data: { items: object[] } };
      const { items } = exported.data;
      const key = { 'idempotency-key': randomUUID() };
      const first = await post('import', { items, existing: 'update' }, stranger, key);
      expect(first).toMatchObject({ status: 200 });
      expect(await post('import', { items, existing: 'update' }, stranger, key)).toEqual(first);
      expect(((await post('export', {}, stranger)).body as typeof exported).data.items).toEqual(
        expect.arrayContaining(items),
      );
    });

    test('has its errors in its envelope, with a document of its own', async () => {
      for (const [path, method, status] of [
        ['/api/v1/models/list', 'POST', 401],
        ['/nothing', 'GET', 404],
      ] as const) {
        // Marked as a proxy would: on one machine, whoever works at it needs no token.
        const answer = await fetch(`${world.bases.catalog}${path}`, { method, headers: { via: '1.1 proxy' } });
        expect([answer.status, await answer.json()]).toEqual([status, { code: status, message: expect.any(String) }]);
      }
      const document = await fetch(`${world.bases.catalog}/openapi.json`);
      expect(await document.json()).toMatchObject({ info: { title: 'Trainyard catalog API' } });
      for (const file of ['docs/swagger-ui.css', 'redoc/redoc.standalone.js']) {
        expect((await fetch(`${world.bases.catalog}/${file}`)).status).toBe(200);
      }
    });
  });
}
