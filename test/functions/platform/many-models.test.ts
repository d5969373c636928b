import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listModels, modelLists } from '#domain/models/lists.ts';
import { isoTime } from '#domain/times.ts';
import { NOW } from '#test/domain/store.ts';
import { type Answer, openPlatform, type Platform } from './harness.ts';
import { accountOf, aModel, type Query, queryOf, storeListed, storeUnlisted } from './listed-records.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await openPlatform({ rates: { authenticatedPerHour: 1e9 } });
});
afterAll(() => platform.close());

describe('records of a release that had no lists', () => {
  async function olderAccount(name: string, count: number): Promise<{ token: string; id: string }> {
    const account = await accountOf(platform, name);
    await storeUnlisted(
      platform,
      modelLists,
      account.id,
      Array.from({ length: count }, (_, n) => aModel(account.id, n)),
    );
    return account;
  }

  test('are all in the lists at once, and others beside them', async () => {
    const { token, id } = await olderAccount('older', 300);
    const page = async (query: Query) => (await platform.call({ path: '/models', token, query })).body;
    expect((await page({ sort_by: 'name', page: '30' })).models).toHaveLength(10);
    expect(await page({ sort_by: 'accuracy', model_type: 'bilstm' })).toMatchObject({ total: 100 });
    expect(await page({ model_type: 'none' })).toMatchObject({ total: 0, models: [] });
    const { records } = await listModels(platform.store.table, id, { sort: 'name', order: 'ascending', limit: 1 });
    const path = `/models/${records[0]!.id}`;
    expect((await platform.call({ method: 'DELETE', path, token })).status).toBe(204);
    for (const sort_by of ['created_at', 'accuracy', 'name']) expect((await page({ sort_by })).total).toBe(299);
  });

  test('that are too many for one request are listed after a few, which say so', async () => {
    const { token } = await olderAccount('much-older', 3500);
    const first = await platform.call({ path: '/models', token });
    expect(first.status).toBe(503);
    expect(first.headers['Retry-After']).toBe('1');
    const second = await platform.call({ path: '/models', token });
    expect(second.body).toMatchObject({ total: 3500 });
    expect(second.body.models[0].created_at).toBe(isoTime(NOW + 1749 * 1000));
  }, 60_000);
});

describe('with 20,000 models', () => {
  /** As many reads as with 100,000, which take a few seconds to write; `npm run bench -- api/list` has those. */
  const COUNT = 20_000;
  const SORTS = ['created_at', 'accuracy', 'name'];
  let ada: string;

  beforeAll(async () => {
    const { token, id } = await accountOf(platform, 'collector');
    ada = token;
    const many = Array.from({ length: COUNT }, (_, n) => ({
      ...aModel(id, n),
      name: `model ${n % 5000}`,
      performance: { accuracy: ((n * 7919) % COUNT) / COUNT },
    }));
    await storeListed(platform, modelLists, id, many);
  }, 120_000);

  /** Calls of the table that are of the list: the rest of a request reads its session and counts it. */
  async function readsOf(query: Query): Promise<{ answer: Answer; reads: string[] }> {
    platform.calls.length = 0;
    const answer = await platform.call({ path: '/models', token: ada, query });
    expect(answer.status).toBe(200);
    return { answer, reads: platform.calls.flatMap((each) => /^(query|getMany)/.exec(each)?.[1] ?? []) };
  }

  test('the first, a middle and the last page of each order and type take three reads', async () => {
    for (const sort_by of SORTS) {
      for (const order of ['asc', 'desc']) {
        for (const [type, total] of [
          [undefined, COUNT],
          ['bilstm', 6667],
        ] as const) {
          const last = Math.ceil(total / 10);
          for (const page of [1, Math.round(last / 2), last]) {
            const { answer, reads } = await readsOf(queryOf({ sort_by, order, page, model_type: type }));
            expect(reads).toEqual(['query', 'query', 'getMany']);
            expect(answer.body.total).toBe(total);
            expect(answer.body.models.length).toBe(page === last ? total % 10 || 10 : 10);
          }
        }
      }
    }
  });

  test('a page by cursor takes as many, and one in a range of its order no more', async () => {
    const { answer } = await readsOf({ page: '1000' });
    expect((await readsOf({ cursor: answer.body.next_cursor })).reads).toEqual(['query', 'query', 'getMany']);
    for (const [sort_by, filters] of [
      ['name', { name_prefix: 'model 49' }],
      ['created_at', { created_after: isoTime(NOW + 4_000_000), created_before: isoTime(NOW + 4_100_000) }],
      ['accuracy', { accuracy_min: '0.5', accuracy_max: '0.6' }],
    ] as const) {
      const { answer, reads } = await readsOf({ sort_by, ...filters });
      expect(reads).toEqual(['query', 'query', 'getMany']);
      expect(answer.body.models).toHaveLength(10);
      expect(answer.body.total).toBeNull();
    }
  });

  test('a filter that leaves next to nothing looks at a thousand entries in a request, and goes on', async () => {
    const query = { sort_by: 'created_at', order: 'asc', limit: '50', name_prefix: 'model 4999' };
    const first = await readsOf(query);
    expect(first.answer.body.models).toEqual([]);
    expect(first.reads.length).toBeLessThanOrEqual(25);
    let cursor: string = first.answer.body.next_cursor;
    for (let n = 0; n < 4; n += 1) cursor = (await readsOf({ ...query, cursor })).answer.body.next_cursor;
    const sixth = await readsOf({ ...query, cursor: cursor! });
    expect(sixth.answer.body.page).toBe(6);
  });
});
