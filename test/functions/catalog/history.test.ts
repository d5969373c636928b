import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NOW } from '#test/domain/store.ts';
import { useCatalog } from './world.ts';

const world = useCatalog();

const historyOf = async (id: number, more: object = {}) =>
  (await world.call('history', { id, page: 1, size: 100, ...more })).body.data;

afterEach(() => {
  world.platform.clock.now = NOW;
});

describe('the history of a model', () => {
  test('has each change with its time, and what was before and after it', async () => {
    const { id } = await world.created({ name: 'First', model_id: 'storied' });
    world.platform.clock.now += 1000;
    await world.call('update', { id, name: 'Second', temperature: 0.5, is_active: true });
    world.platform.clock.now += 1000;
    await world.call('delete', { id });
    const whole = { name: 'Second', model_id: 'storied', description: null, is_active: true };
    const rest = { max_tokens: null, temperature: 0.5, top_p: null, region: null };
    const { items, total } = await historyOf(id);
    expect(total).toBe(3);
    expect(items).toMatchObject([
      { version: 3, action: 'deleted', at: '2026-01-01T00:00:02.000Z', before: { ...whole, ...rest }, after: null },
      { version: 2, action: 'updated', at: '2026-01-01T00:00:01.000Z' },
      { version: 1, action: 'created', at: '2026-01-01T00:00:00.000Z', before: null },
    ]);
    expect(items[1].before).toEqual({ name: 'First', temperature: null });
    expect(items[1].after).toEqual({ name: 'Second', temperature: 0.5 });
    expect(items[2].after).toEqual({ ...whole, ...rest, name: 'First', temperature: null });
  });

  test('has nothing of what was refused, and nothing of what changed nothing', async () => {
    const { id, model_id } = await world.created();
    const other = await world.created();
    await world.call('update', { id, name: 'Model' });
    await world.call('update', { id, name: 'x', version: 9 });
    await world.call('update', { id, model_id: other.model_id });
    await world.call('create', { name: 'x', model_id });
    expect(await historyOf(id)).toMatchObject({ total: 1 });
  });

  test('can be read page by page, in three reads', async () => {
    const { id } = await world.created();
    for (let n = 2; n <= 12; n++) await world.call('update', { id, name: `Name ${n}` });
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 14 }),
      fc.integer({ min: 1, max: 14 }),
      async (page, size) => {
        world.platform.calls.length = 0;
        const { items, total } = await historyOf(id, { page, size });
        const all = Array.from({ length: 12 }, (_, n) => 12 - n);
        expect([total, items.map(({ version }: { version: number }) => version)]).toEqual([
          12,
          all.slice((page - 1) * size, page * size),
        ]);
        const reads = world.platform.calls.filter((call) => call.startsWith('query'));
        expect(reads.length).toBeLessThanOrEqual(3);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  test('of a model that never was is not there', async () => {
    const answer = await world.call('history', { id: 999_999, page: 1, size: 1 });
    expect([answer.status, answer.body]).toEqual([404, { code: 404, message: 'Model not found' }]);
  });
});

describe('who did it', () => {
  const authorOf = async (id: number) => {
    const [{ operator_id, operator_source }] = (await historyOf(id)).items;
    return [operator_id, operator_source];
  };

  test('is the user of the token, whatever operatorId says', async () => {
    const me = await world.platform.call({ path: '/auth/me', token: world.token });
    const { id } = await world.created({ operatorId: 'somebody else' });
    expect(await authorOf(id)).toEqual([me.body.id, 'token']);
  });

  test.each([7, 'ada'])('is the operatorId %p of who works at the machine, or has an API key', async (operatorId) => {
    const key = { method: 'POST', path: '/account/api-keys', token: world.token, json: { name: 'k', scope: 'admin' } };
    const headers = { 'X-API-Key': (await world.platform.call(key)).body.key };
    const given = { name: 'x', operatorId };
    const first = await world.asOperator('create', { ...given, model_id: `by ${operatorId}` });
    const path = '/api/v1/models/create';
    const json = { ...given, model_id: `by the key of ${operatorId}` };
    const second = await world.platform.call({ surface: 'catalog', method: 'POST', path, json, headers });
    for (const { body } of [first, second]) expect(await authorOf(body.data.id)).toEqual([operatorId, 'request']);
  });

  test('is nobody where nobody says it', async () => {
    const { body } = await world.asOperator('create', { name: 'x', model_id: 'by nobody' });
    expect(await authorOf(body.data.id)).toEqual([null, 'none']);
  });

  test('never makes a model somebody’s: operators of one account see each other’s, others see none', async () => {
    const { id } = await world.created({ operatorId: 1 });
    expect((await world.call('get', { id, operatorId: 2 })).status).toBe(200);
    const mallory = await world.platform.login('mallory');
    expect((await world.call('get', { id, operatorId: 1 }, { token: mallory })).status).toBe(404);
  });
});

describe('where changes have an end', () => {
  const DAY = 86_400_000;
  const short = useCatalog({ retention: { historyDays: 10 } });
  afterEach(() => {
    short.platform.clock.now = NOW;
  });
  const historyOf = async (id: number, more: object = {}) =>
    short.asOperator('history', { id, page: 1, size: 100, ...more });
  const versions = ({ body }: Awaited<ReturnType<typeof historyOf>>) =>
    body.data.items.map(({ version }: { version: number }) => version);

  test('those are deleted that have not been the latest for so long, and the latest never', async () => {
    const { id } = await short.created();
    await short.asOperator('update', { id, name: 'Second' });
    short.platform.clock.now += 5 * DAY;
    await short.asOperator('update', { id, name: 'Third' });
    short.platform.clock.now += 5 * DAY;
    const later = await historyOf(id);
    expect([later.body.data.total, versions(later)]).toEqual([2, [3, 2]]);
    expect(versions(await historyOf(id, { page: 2, size: 1 }))).toEqual([2]);
    expect(versions(await historyOf(id, { page: 3, size: 1 }))).toEqual([]);
    short.platform.clock.now += 1000 * DAY;
    expect(versions(await historyOf(id))).toEqual([3]);
    await short.asOperator('update', { id, name: 'Fourth' });
    expect(versions(await historyOf(id))).toEqual([4, 3]);
  });

  test('those of a deleted entry are deleted as well', async () => {
    const { id } = await short.created();
    await short.asOperator('delete', { id });
    expect(versions(await historyOf(id))).toEqual([2, 1]);
    short.platform.clock.now += 10 * DAY;
    expect((await historyOf(id)).status).toBe(404);
  });
});
