import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { catalogLists } from '#domain/catalog/lists.ts';
import { DEFAULTS, type Entry } from '#domain/catalog/record.ts';
import { keys } from '#domain/keys.ts';
import { AT } from '#test/domain/store.ts';
import { accountOf, storeListed } from '#test/functions/platform/listed-records.ts';
import { useCatalog } from './world.ts';

const world = useCatalog();

const anEntry = (account_id: string, id: number): Entry => ({
  ...DEFAULTS,
  ...{ id, account_id, name: `Model ${id}`, model_id: `model-${id}`, is_active: id % 3 !== 0 },
  ...{ version: 1, created_at: AT, updated_at: AT },
});

/** An account with entries of these numbers. */
async function collector(name: string, ids: readonly number[]): Promise<string> {
  const { token, id: account } = await accountOf(world.platform, name);
  const entries = ids.map((id) => anEntry(account, id));
  await storeListed(world.platform, catalogLists, account, entries);
  await world.platform.store.table.update(keys.catalogNumbers(account), { add: { last: Math.max(...ids) } });
  return token;
}

describe('a list of any parameters', () => {
  /** With gaps, as deletions leave them, and with another number of digits. */
  const IDS = Array.from({ length: 45 }, (_, n) => n * 7 + 1);
  let token: string;
  beforeAll(async () => {
    token = await collector('lister', IDS);
  });

  test('is the page that all in the order of their numbers would give, with the exact total', async () => {
    const parameters = fc.record(
      {
        page: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 1_000_000 })),
        size: fc.integer({ min: 1, max: 100 }),
        is_active: fc.boolean(),
      },
      { requiredKeys: ['page', 'size'] },
    );
    const property = fc.asyncProperty(parameters, async ({ page, size, is_active }) => {
      const ids = IDS.filter((id) => is_active === undefined || (id % 3 !== 0) === is_active);
      const { body } = await world.call('list', { page, size, is_active }, { token });
      expect(body.data).toMatchObject({ total: ids.length, page, size });
      expect(body.data.items.map(({ id }: Entry) => id)).toEqual(ids.slice((page - 1) * size, page * size));
    });
    await fc.assert(property, { numRuns: 150 });
  }, 60_000);

  test('that is no page is refused and never fails', async () => {
    const wrong = fc.oneof(
      fc.double(),
      fc.integer({ max: 0 }),
      fc.constantFrom(null, '1', true, [], {}, 1.5, 101, 1e6 + 1, 1e300),
    );
    const parameters = fc.tuple(fc.constantFrom('page', 'size'), wrong);
    const property = fc.asyncProperty(parameters, async ([name, value]) => {
      const bound = name === 'page' ? 1_000_000 : 100;
      fc.pre(!(Number.isInteger(value) && (value as number) >= 1 && (value as number) <= bound));
      const { status, body } = await world.call('list', { page: 1, size: 8, [name]: value }, { token });
      expect([status, body.code]).toEqual([400, 400]);
    });
    await fc.assert(property, { numRuns: 100 });
  });

  test('has each model once, in its place, after any changes', async () => {
    const { token: changer } = await accountOf(world.platform, 'changer');
    const send = async (what: string, json: object) => (await world.call(what, json, { token: changer })).body.data;
    const command = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('create' as const), is_active: fc.boolean() }) },
      fc.record({ kind: fc.constant('toggle' as const), at: fc.nat() }),
      fc.record({ kind: fc.constant('delete' as const), at: fc.nat() }),
    );
    const model = new Map<number, boolean>();
    const property = fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 8 }), async (commands) => {
      for (const of of commands) {
        const ids = [...model.keys()];
        if (of.kind === 'create') {
          const { id } = await send('create', { name: 'x', model_id: crypto.randomUUID(), is_active: of.is_active });
          model.set(id, of.is_active);
        } else if (ids.length > 0) {
          const id = ids[of.at % ids.length]!;
          if (of.kind === 'delete') {
            await send('delete', { id });
            model.delete(id);
          } else {
            model.set(id, !model.get(id));
            await send('update', { id, is_active: model.get(id) });
          }
        }
      }
      for (const is_active of [undefined, true, false]) {
        const left = [...model].filter(([, active]) => is_active === undefined || active === is_active);
        const { items, total } = await send('list', { page: 1, size: 100, is_active });
        expect([total, items.map(({ id }: Entry) => id)]).toEqual([left.length, left.map(([id]) => id)]);
      }
    });
    await fc.assert(property, { numRuns: 25, endOnFailure: true });
  }, 60_000);
});

describe('with 10,000 models', () => {
  const COUNT = 10_000;
  let token: string;
  beforeAll(async () => {
    token = await collector(
      'many',
      Array.from({ length: COUNT }, (_, n) => n + 1),
    );
  }, 60_000);

  /** Calls of the table that are the catalog's: the rest of a request reads its session and counts it. */
  async function callsOf(what: string, json: object) {
    const { platform } = world;
    platform.calls.length = 0;
    const answer = await world.call(what, json, { token });
    const calls = platform.calls
      .filter((call) => !/RATE#|SESSION#|#USAGE/.test(call))
      .map((call) => call.split(' ')[0]);
    return { answer, calls };
  }

  test('the first, a middle and the last page take three reads, of all and of a part', async () => {
    for (const [is_active, total] of [
      [undefined, COUNT],
      [true, 6667],
      [false, 3333],
    ] as const) {
      const last = Math.ceil(total / 8);
      for (const page of [1, Math.round(last / 2), last, last + 1]) {
        const { answer, calls } = await callsOf('list', { page, size: 8, is_active });
        expect(answer.body.data).toMatchObject({ total, page, size: 8 });
        expect(answer.body.data.items).toHaveLength(page > last ? 0 : page === last ? total % 8 || 8 : 8);
        expect(calls).toEqual(page > last ? ['query', 'getMany'] : ['query', 'query', 'getMany']);
      }
    }
  });

  test('one is found by its number in one read, and created, changed and deleted in as many as in an empty catalog', async () => {
    expect((await callsOf('get', { id: 9_999 })).calls).toEqual(['get']);
    // Whether the model_id is free, the number, the places in two lists, and all of it at once.
    const created = await callsOf('create', { name: 'x', model_id: 'another', is_active: true });
    expect(created.answer.status).toBe(201);
    expect(created.calls).toEqual(['getMany', 'update', 'query', 'query', 'transact']);
    // The change before, which expires from then on.
    expect((await callsOf('update', { id: 5_000, name: 'y' })).calls).toEqual(['get', 'get', 'transact']);
    const moved = await callsOf('update', { id: 5_000, is_active: false });
    expect(moved.calls).toEqual(['get', 'get', 'query', 'query', 'transact']);
    expect((await callsOf('delete', { id: 5_001 })).calls).toEqual(['get', 'get', 'query', 'query', 'transact']);
    expect((await callsOf('export', { after: 8_000 })).calls).toEqual(['query']);
  });
});
