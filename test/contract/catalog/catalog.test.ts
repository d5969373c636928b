/** Each example and each statement of the catalog's document, against a host on which nobody has registered. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { functions, surfaces } from '#infra/topology.ts';
import { useHost } from '#test/e2e/use-host.ts';
import { type Example, runExamples, send } from '../examples.ts';
import { useUser } from '../platform/user.ts';
import { fraction, integer, is, number, type Shape, words } from '../shape.ts';
import { ADDITIONS } from './additions.ts';

const world = useHost();
const base = () => world.bases.catalog;

/** As the document's client calls in development: without credentials. */
const call = (what: string, body: object) => () => ({ method: 'POST', path: `/api/v1/models/${what}`, body }) as const;
const post = (what: string, body: object) => send(base(), call(what, body)());

const GPT = {
  name: 'GPT-4 Turbo',
  model_id: 'gpt-4-turbo',
  description: 'Latest GPT-4 model',
  is_active: true,
  max_tokens: 128000,
  temperature: 0.7,
  top_p: 1.0,
  region: 'us-east-1',
} as const;
const CLAUDE = {
  name: 'Claude 3 Opus',
  model_id: 'claude-3-opus',
  description: 'Most capable Claude model',
  is_active: true,
  max_tokens: 200000,
  temperature: 0.5,
  top_p: 0.9,
  region: 'us-west-2',
} as const;

/** Exactly these values. */
const exactly = (of: Readonly<Record<string, string | number | boolean>>): Record<string, Shape> =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, is(value)]));
const model = (of: Readonly<Record<string, string | number | boolean>>) => ({ ...exactly(of), ...ADDITIONS.model });
const success = (data: Shape) => ({ code: is(0), message: is('success'), data });
const error = (status: number, message: string) => ({ code: is(status), message: is(message) });

/** What is not a text in a model that a list shows. */
const LISTED = {
  id: integer,
  is_active: is(true),
  max_tokens: integer,
  temperature: number,
  top_p: fraction,
} as const;

describe('the document of the catalog', () => {
  beforeAll(async () => {
    await post('create', { ...GPT, operatorId: 1 });
  });

  const examples: readonly Example[] = [
    {
      name: 'Create Model',
      call: call('create', { ...CLAUDE, operatorId: 1 }),
      status: 201,
      body: success(model({ id: 2, ...CLAUDE })),
    },
    {
      name: 'Create Model, with a model_id that is there',
      call: call('create', { ...CLAUDE, operatorId: 1 }),
      status: 400,
      body: error(400, 'model_id already exists'),
    },
    {
      name: 'Get Model',
      call: call('get', { id: 1, operatorId: 1 }),
      status: 200,
      body: success(model({ id: 1, ...GPT })),
    },
    {
      name: 'Get Model that is not there',
      call: call('get', { id: 99 }),
      status: 404,
      body: error(404, 'Model not found'),
    },
    {
      name: 'Update Model',
      call: call('update', { id: 1, name: 'GPT-4 Turbo (Updated)', is_active: false, operatorId: 1 }),
      status: 200,
      body: success(model({ ...GPT, id: 1, name: 'GPT-4 Turbo (Updated)', is_active: false })),
    },
    {
      name: 'Delete Model that is not there',
      call: call('delete', { id: 99, operatorId: 1 }),
      status: 404,
      body: error(404, 'Model not found'),
    },
    {
      name: 'Delete Model',
      call: call('delete', { id: 2, operatorId: 1 }),
      status: 200,
      body: { code: is(0), message: is('success') },
    },
  ];
  runExamples(base, examples);

  describe('with fifteen models', () => {
    beforeAll(async () => {
      await post('update', { id: 1, ...GPT });
      for (let n = 2; n <= 15; n++) await post('create', { ...CLAUDE, model_id: `model-${n}` });
    });

    runExamples(base, [
      {
        name: 'List Models',
        call: call('list', { page: 1, size: 8, is_active: true, operatorId: 1 }),
        status: 200,
        body: success({
          items: [
            { ...Object.fromEntries(Object.keys(GPT).map((name) => [name, words])), ...LISTED, ...ADDITIONS.model },
          ],
          total: is(15),
          page: is(1),
          size: is(8),
        }),
        after: ({ data: { items } }: { data: { items: { id: number; name: string }[] } }) => {
          expect(items).toHaveLength(8);
          expect(items[0]).toMatchObject({ id: 1, ...GPT });
        },
      },
    ]);

    test('the last page has the rest, and one after it nothing, with the same total', async () => {
      const page = async (n: number) => (await post('list', { page: n, size: 8 })).body;
      expect(await page(2)).toMatchObject({ data: { total: 15, page: 2, size: 8 } });
      expect((await page(2)) as object).toHaveProperty('data.items.length', 7);
      expect(await page(3)).toMatchObject({ data: { items: [], total: 15, page: 3, size: 8 } });
    });

    test('is_active chooses, and without it all are listed', async () => {
      await post('update', { id: 1, is_active: false });
      const total = async (body: object) => (await post('list', { page: 1, size: 100, ...body })).body;
      expect(await total({ is_active: false })).toMatchObject({ data: { total: 1, items: [{ id: 1 }] } });
      expect(await total({ is_active: true })).toMatchObject({ data: { total: 14 } });
      expect(await total({})).toMatchObject({ data: { total: 15 } });
    });
  });
});

describe('what the document says of a field', () => {
  const NEW = { name: 'New', model_id: 'new' };

  test.each<[string, string, object, string]>([
    ['page is required', 'list', { size: 8 }, 'page is required'],
    ['size is required', 'list', { page: 1 }, 'size is required'],
    ['page is 1-based', 'list', { page: 0, size: 8 }, 'page must be between 1 and 1000000; got 0'],
    ['size has a bound', 'list', { page: 1, size: 101 }, 'size must be between 1 and 100; got 101'],
    [
      'is_active is a boolean',
      'list',
      { page: 1, size: 8, is_active: 'yes' },
      'is_active must be true or false; got "yes"',
    ],
    ['name is required', 'create', { model_id: 'new' }, 'name is required'],
    ['name is not empty', 'create', { ...NEW, name: '' }, 'name must have between 1 and 200 characters; got ""'],
    ['model_id is required', 'create', { name: 'New' }, 'model_id is required'],
    [
      'model_id is not empty',
      'create',
      { ...NEW, model_id: '' },
      'model_id must have between 1 and 200 characters; got ""',
    ],
    [
      'max_tokens is positive',
      'create',
      { ...NEW, max_tokens: 0 },
      'max_tokens must be between 1 and 1000000000; got 0',
    ],
    ['max_tokens is an integer', 'create', { ...NEW, max_tokens: 1.5 }, 'max_tokens must be a whole number; got 1.5'],
    ['temperature is 0.0-2.0', 'create', { ...NEW, temperature: 2.1 }, 'temperature must be between 0 and 2; got 2.1'],
    [
      'temperature is not below 0',
      'create',
      { ...NEW, temperature: -0.1 },
      'temperature must be between 0 and 2; got -0.1',
    ],
    ['top_p is 0.0-1.0', 'create', { ...NEW, top_p: 1.1 }, 'top_p must be between 0 and 1; got 1.1'],
    ['an update is as strict', 'update', { id: 1, temperature: 3 }, 'temperature must be between 0 and 2; got 3'],
    ['an id is a number', 'get', { id: '1' }, 'id must be a whole number; got "1"'],
    ['an id is required', 'update', { name: 'x' }, 'id is required'],
  ])('%s', async (_, what, body, message) => {
    const answer = await post(what, body);
    expect([answer.status, answer.body]).toEqual([400, { code: 400, message: `Invalid input data: ${message}` }]);
  });

  test('the bounds themselves are allowed', async () => {
    for (const [n, given] of [
      { temperature: 0, top_p: 0, max_tokens: 1 },
      { temperature: 2, top_p: 1 },
    ].entries()) {
      const answer = await post('create', { ...NEW, model_id: `bound-${n}`, ...given });
      expect([answer.status, answer.body]).toMatchObject([201, { data: given }]);
    }
  });

  test('description and region may be anything, also nothing', async () => {
    const given = { description: '', region: '' };
    const answer = await post('create', { ...NEW, model_id: 'empty', ...given });
    expect([answer.status, answer.body]).toMatchObject([201, { data: given }]);
  });

  test('is_active is true unless it is given', async () => {
    expect((await post('create', { ...NEW, model_id: 'active' })).body).toMatchObject({ data: { is_active: true } });
  });

  test('a field that it does not know is refused by name', async () => {
    const answer = await post('create', { ...NEW, id: 7, account_id: 'x' });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      code: 400,
      message: expect.stringMatching(/id is not a known field.*account_id/),
    });
  });

  test('operatorId is a number, or a text, and never whose the model is', async () => {
    const { body } = await post('create', { ...NEW, model_id: 'operated', operatorId: 'somebody' });
    const { id } = (body as { data: { id: number } }).data;
    expect(await post('get', { id, operatorId: 2 })).toMatchObject({ status: 200 });
    expect(await post('get', { id, operatorId: 1.5 })).toMatchObject({ status: 400 });
  });
});

describe('what the document says of all requests', () => {
  const somebody = useUser(world);
  const remote = (headers: Readonly<Record<string, string>>) =>
    fetch(`${base()}/api/v1/models/list`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"page":1,"size":8}',
    });

  test('in production a JWT is asked for: 401 without one, and each account has a catalog of its own', async () => {
    // As if through a gateway.
    const forwarded = { 'x-forwarded-for': '192.0.2.1' };
    const refused = await remote(forwarded);
    expect([refused.status, await refused.json()]).toEqual([401, { code: 401, message: expect.stringMatching(/./) }]);
    const admitted = await remote({ ...forwarded, authorization: `Bearer ${somebody.token}` });
    expect([admitted.status, await admitted.json()]).toMatchObject([200, { code: 0, data: { total: 0 } }]);
  });

  test('every one is a POST', async () => {
    for (const what of ['list', 'create', 'get', 'update', 'delete']) {
      const answer = await fetch(`${base()}/api/v1/models/${what}`);
      expect([answer.status, await answer.json()]).toEqual([
        405,
        { code: 405, message: expect.stringMatching(/POST/) },
      ]);
    }
  });

  test('every one ends before its client gives up after 10 seconds', () => {
    const seconds = surfaces.catalog.routes.map((route) => functions[route.function].timeoutSeconds);
    expect(Math.max(...seconds)).toBeLessThan(10);
  });
});
