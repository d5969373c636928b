import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS } from '#domain/limits.ts';
import type { Model } from '#domain/models/record.ts';
import type { Call } from './harness.ts';
import { openRegistry, type RegistryWorld } from './registry-world.ts';

let world: RegistryWorld;
let first: Model;
let second: Model;
let third: Model;

beforeAll(async () => {
  world = await openRegistry();
  first = await world.train('a/b', { performance: { accuracy: 0.7 } }, { learning_rate: 0.01 });
  second = await world.train('a/b', { performance: { accuracy: 0.8 } }, { learning_rate: 0.001 });
  third = await world.train('a/b', { performance: { accuracy: 0.75 } }, { learning_rate: 0.001 });
});
afterAll(() => world.close());

const call = (method: string, path: string, more: Partial<Call> = {}) =>
  world.platform.call({ method, path, token: world.token, ...more });
const NAME = '/models/by-name/a%2Fb';
const point = (alias: string, { id }: Model) => call('PUT', `${NAME}/aliases/${alias}`, { json: { model_id: id } });

describe('the versions of a name', () => {
  test('say why each was raised', async () => {
    const { body } = await call('GET', `${NAME}/versions`);
    expect(body.versions).toMatchObject([
      { model_id: third.id, version: '1.1.1', version_reason: 'patch: retrained' },
      { model_id: second.id, version: '1.1.0', version_reason: 'minor: learning_rate 0.01 → 0.001' },
      { model_id: first.id, version: '1.0.0', version_reason: 'first version' },
    ]);
    const shown = await call('GET', `/models/${second.id}`);
    expect(shown.body).toMatchObject({ version: '1.1.0', version_reason: 'minor: learning_rate 0.01 → 0.001' });
  });

  test('show one metric over all of them, page by page', async () => {
    const query = { metric: 'accuracy', limit: '2' };
    const { body } = await call('GET', `${NAME}/versions`, { query });
    expect(body.versions.map(({ metrics }: Model & { metrics: unknown }) => metrics)).toEqual([
      { accuracy: 0.75 },
      { accuracy: 0.8 },
    ]);
    const rest = await call('GET', `${NAME}/versions`, { query: { ...query, cursor: body.next_cursor } });
    expect(rest.body).toMatchObject({ versions: [{ metrics: { accuracy: 0.7 } }], next_cursor: null });
    const none = await call('GET', `${NAME}/versions`, { query: { metric: 'constructor' } });
    expect(none.body.versions[0].metrics).toEqual({ constructor: null });
  });

  test('of an unknown name are not found, and a cursor of anything else is refused', async () => {
    expect((await call('GET', '/models/by-name/b/versions')).status).toBe(404);
    const answer = await call('GET', `${NAME}/versions`, { query: { cursor: 'x' } });
    expect([answer.status, answer.body.details[0].field]).toEqual([400, 'cursor']);
  });
});

describe('an alias', () => {
  test('is set, moved, resolved, listed after latest, and removed', async () => {
    expect((await point('champion', first)).body).toMatchObject({ model_id: first.id, previous_model_id: null });
    const moved = await point('champion', second);
    expect(moved.body).toMatchObject({ alias: 'champion', version: '1.1.0', previous_model_id: first.id });
    expect((await call('GET', `${NAME}/aliases/champion`)).body).toMatchObject({ model_id: second.id });
    expect((await call('GET', `${NAME}/aliases/latest`)).body).toEqual({
      alias: 'latest',
      model_id: third.id,
      version: '1.1.1',
      moved_at: null,
    });
    const { body } = await call('GET', `${NAME}/aliases`);
    expect(body.aliases.map(({ alias }: { alias: string }) => alias)).toEqual(['latest', 'champion']);
    expect((await call('GET', `/models/${second.id}`)).body.aliases).toEqual(['champion']);
    expect((await call('GET', `/models/${first.id}`)).body.aliases).toEqual([]);
    expect((await call('DELETE', `${NAME}/aliases/champion`)).status).toBe(204);
    expect((await call('GET', `${NAME}/aliases/champion`)).status).toBe(404);
    expect((await call('DELETE', `${NAME}/aliases/champion`)).status).toBe(404);
  });

  test.each([
    ['latest', /computed/],
    ['Latest', /computed/],
    ['1.0.0', /version/],
    ['v3', /version/],
    ['a%20b', /letters, digits/],
    ['x'.repeat(65), /1 to 64/],
  ])('cannot be called %s', async (alias, message) => {
    const answer = await point(alias, first);
    expect(answer.status).toBe(400);
    expect(answer.body.details).toEqual([{ field: 'alias', message: expect.stringMatching(message) }]);
  });

  test('points only to versions of its name', async () => {
    const other = await world.train('other');
    const answer = await point('champion', other);
    expect(answer.body.details).toEqual([
      { field: 'model_id', message: 'must be a version of "a/b"; got one of "other"' },
    ]);
  });

  test('protects its model from deletion, and says so beforehand', async () => {
    const kept = await world.train('kept');
    await call('PUT', '/models/by-name/kept/aliases/champion', { json: { model_id: kept.id } });
    const dry = await call('DELETE', `/models/${kept.id}`, { query: { dry_run: 'true' } });
    expect(dry.body).toEqual({
      model: { id: kept.id, number: kept.number, name: 'kept', version: '1.0.0' },
      files: [{ file: 'model.onnx', size: 5 }],
      bytes: 5,
      aliases: ['champion'],
      deletable: false,
      reasons: ['aliases of kept point to it: champion'],
    });
    const refused = await call('DELETE', `/models/${kept.id}`);
    expect([refused.status, refused.body.error]).toEqual([409, 'model_in_use']);
    expect(refused.body.message).toContain('aliases of kept point to it: champion');
    await call('DELETE', '/models/by-name/kept/aliases/champion');
    const free = await call('DELETE', `/models/${kept.id}`, { query: { dry_run: 'true' } });
    expect(free.body).toMatchObject({ deletable: true, reasons: [] });
    expect((await call('GET', `/models/${kept.id}`)).status).toBe(200);
    expect((await call('DELETE', `/models/${kept.id}`)).status).toBe(204);
    expect((await call('GET', '/models/by-name/kept/aliases/latest')).status).toBe(404);
  });
});

describe('tags and notes', () => {
  const change = (json: unknown, id = first.id) => call('PATCH', `/models/${id}`, { json });

  test('are merged into what is there', async () => {
    await change({ tags: { team: 'search', draft: 'yes' }, notes: 'One\nTwo' });
    const { body } = await change({ tags: { draft: null, stage: 'candidate' } });
    expect(body).toMatchObject({ tags: { team: 'search', stage: 'candidate' }, notes: 'One\nTwo', name: 'a/b' });
    expect(body.tags).not.toHaveProperty('draft');
    expect((await call('GET', `/models/${first.id}`)).body).toEqual(body);
  });

  test('are all kept when several people write at once', async () => {
    const names = ['p', 'q', 'r', 's'];
    await Promise.all(names.map((name) => change({ tags: { [name]: '1' } }, third.id)));
    expect((await call('GET', `/models/${third.id}`)).body.tags).toEqual({ p: '1', q: '1', r: '1', s: '1' });
  });

  test.each([
    [{ name: 'new' }, 'name'],
    [{ tags: { a: 1 } }, 'tags.a'],
    [{ tags: { a: 'x'.repeat(257) } }, 'tags.a'],
    [{ tags: { ['x'.repeat(129)]: 'a' } }, `tags.${'x'.repeat(129)}`],
    [{ notes: 'x'.repeat(10_001) }, 'notes'],
  ])('are refused out of bounds: %#', async (json, field) => {
    const answer = await change(json);
    expect([answer.status, answer.body.details[0].field]).toEqual([400, field]);
  });

  test('are bounded in number', async () => {
    const tags = Object.fromEntries(Array.from({ length: LIMITS.tags.count + 1 }, (_, i) => [`t${i}`, 'x']));
    const answer = await change({ tags }, second.id);
    expect([answer.status, answer.body.message]).toEqual([409, 'A model may have at most 50 tags; got 51']);
  });
});

describe('comparing', () => {
  const compare = (ids: string, token = world.token) => call('GET', '/models/compare', { query: { ids }, token });

  test('puts parameters, metrics, tags and data side by side', async () => {
    const { body } = await compare(`${first.id},${second.id}`);
    expect(body.models.map(({ id }: Model) => id)).toEqual([first.id, second.id]);
    const row = (section: string, name: string) => body[section].find((one: { name: string }) => one.name === name);
    expect(row('parameters', 'learning_rate')).toEqual({ name: 'learning_rate', values: [0.01, 0.001], differs: true });
    expect(row('parameters', 'optimizer')).toEqual({ name: 'optimizer', values: ['adam', 'adam'], differs: false });
    expect(row('metrics', 'accuracy')).toEqual({ name: 'accuracy', values: [0.7, 0.8], differs: true });
    expect(row('tags', 'team')).toEqual({ name: 'team', values: ['search', null], differs: true });
    expect(row('data', 'dataset_id').values).toEqual([first.dataset_id, second.dataset_id]);
  });

  test('wants two to ten different models of this account', async () => {
    expect((await compare(first.id)).body.details[0].message).toBe('must name 2 to 10 different models; got 1');
    expect((await compare(`${first.id},${first.id}`)).status).toBe(400);
    expect((await compare(`${first.id},x`)).body.details[0].message).toContain('got "x"');
    const eleven = Array.from({ length: 11 }, (_, i) => first.id.slice(0, -2) + String(10 + i));
    expect((await compare(eleven.join(','))).body.details[0].message).toContain('got 11');
    const stranger = await world.platform.login('mallory');
    expect((await compare(`${first.id},${second.id}`, stranger)).status).toBe(404);
  });
});

describe('the lineage of a model', () => {
  test('is the graph of its data, its job and the versions before', async () => {
    const { body } = await call('GET', `/models/${third.id}/lineage`);
    const edge = (from: string, to: string, relation: string) => ({ from, to, relation });
    expect(body.edges).toEqual(
      expect.arrayContaining([
        edge(third.dataset_id!, third.job_id!, 'trained_on'),
        edge(third.job_id!, third.id, 'produced'),
        edge(second.id, third.id, 'previous_version'),
        edge(first.id, second.id, 'previous_version'),
        edge(first.job_id!, first.id, 'produced'),
      ]),
    );
    const node = (id: string) => body.nodes.find((one: { id: string }) => one.id === id);
    expect(node(third.id)).toEqual({ id: third.id, kind: 'model', name: 'a/b', version: '1.1.1', exists: true });
    expect(node(third.dataset_id!)).toMatchObject({ kind: 'data', name: 'numbers', sha256: '00', exists: true });
    expect(node(third.job_id!)).toMatchObject({ kind: 'job', exists: true });
    expect([body.nodes.length, body.edges.length, body.truncated]).toEqual([9, 8, false]);
  });

  test('shows what is gone as gone, and a model that the training started from', async () => {
    const base = await world.train('base');
    const tuned = await world.train('tuned', { parent_id: base.id });
    const before = await call('GET', `/models/${tuned.id}/lineage`);
    expect(before.body.edges).toContainEqual({ from: base.id, to: tuned.job_id, relation: 'started_from' });
    await call('DELETE', `/models/${base.id}`);
    const { body } = await call('GET', `/models/${tuned.id}/lineage`);
    expect(body.nodes).toContainEqual({ id: base.id, kind: 'model', exists: false });
    expect(body.nodes).toHaveLength(4);
  });
});
