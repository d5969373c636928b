import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { transactListed } from '#domain/lists/change.ts';
import type { ListSpec } from '#domain/lists/list.ts';
import { number, text } from '#domain/lists/order.ts';
import { entriesAfter, entriesAt } from '#domain/lists/page.ts';
import { TransactionFailedError } from '#domain/ports/errors.ts';
import type { Table, Write } from '#domain/ports/table/port.ts';
import { openStore, type Store } from '../store.ts';

const record = z.object({ id: z.string(), name: z.string(), score: z.number().optional(), kind: z.string() });
type Thing = z.infer<typeof record>;

const spec: ListSpec<Thing> = {
  name: 'THINGS',
  prefix: 'THING#',
  parse: (item) => record.parse(item),
  idOf: ({ id }) => id,
  sorts: { name: ({ name }) => text(name), score: ({ score }) => number(score) },
  parts: ({ kind }) => [`kind=${kind}`],
};

const put = (account: string, thing: Thing): Write => ({
  kind: 'put',
  item: { pk: `ACCOUNT#${account}`, sk: `THING#${thing.id}`, ...thing },
});
const insert = (table: Table, account: string, after: Thing) =>
  transactListed(table, spec, account, { after }, [put(account, after)]);
const remove = (table: Table, account: string, before: Thing) =>
  transactListed(table, spec, account, { before }, [
    { kind: 'delete', key: { pk: `ACCOUNT#${account}`, sk: `THING#${before.id}` } },
  ]);

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

const ORDERS = ['ascending', 'descending'] as const;
const byName = (a: Thing, b: Thing) =>
  Buffer.compare(Buffer.from(text(a.name)), Buffer.from(text(b.name))) || (a.id < b.id ? -1 : 1);
const byScore = (a: Thing, b: Thing) =>
  (a.score ?? Number.NEGATIVE_INFINITY) - (b.score ?? Number.NEGATIVE_INFINITY) || (a.id < b.id ? -1 : 1);

/** Every page of every list, against the same sorted in memory. */
async function expectLists(account: string, things: readonly Thing[], limit: number): Promise<void> {
  const kinds = [...new Set(things.map(({ kind }) => kind))];
  for (const [sort, compare] of [
    ['name', byName],
    ['score', byScore],
  ] as const) {
    for (const kind of [undefined, ...kinds]) {
      const of = things.filter((thing) => kind === undefined || thing.kind === kind);
      for (const order of ORDERS) {
        const expected = of
          .toSorted((a, b) => (order === 'ascending' ? compare(a, b) : compare(b, a)))
          .map(({ id }) => id);
        const wanted = { sort, part: kind === undefined ? undefined : `kind=${kind}`, order, limit };
        const seen: string[] = [];
        let last: string | undefined;
        for (let offset = 0; offset <= of.length; offset += limit) {
          const page = await entriesAt(store.table, spec, account, wanted, offset);
          expect(page.ids).toEqual(expected.slice(offset, offset + limit));
          expect(page.total).toBe(of.length);
          const next = last === undefined ? page : await entriesAfter(store.table, spec, account, wanted, last);
          if (offset < of.length) seen.push(...next.ids);
          last = next.last;
          if (last === undefined) break;
        }
        expect(seen).toEqual(expected);
      }
    }
  }
}

const aThing = (id: number, given: Partial<Thing> = {}): Thing => ({
  id: `00000000-0000-7000-8000-${String(id).padStart(12, '0')}`,
  name: `thing ${id % 7}`,
  kind: id % 3 === 0 ? 'a' : 'b',
  ...(id % 5 === 0 ? {} : { score: (id * 37) % 101 }),
  ...given,
});

describe('a list', () => {
  test('that nothing was put into is empty', async () => {
    const wanted = { sort: 'name', order: 'ascending', limit: 10 } as const;
    expect(await entriesAt(store.table, spec, 'nobody', wanted, 0)).toEqual({ ids: [], total: 0 });
  });

  test('has every page in its order with its exact total, while records come, change and go', async () => {
    let accounts = 0;
    const change = fc.record({
      id: fc.nat(30),
      name: fc.string({ maxLength: 4 }),
      score: fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: undefined }),
      gone: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), async (changes, limit) => {
        const account = `property-${++accounts}`;
        const things = new Map<string, Thing>();
        for (const { id, name, score, gone } of changes) {
          const { score: _, ...rest } = aThing(id, { name });
          const after: Thing = score === undefined ? rest : { ...rest, score };
          const before = things.get(after.id);
          if (before && gone) {
            await remove(store.table, account, before);
            things.delete(before.id);
          } else if (before) {
            await transactListed(store.table, spec, account, { before, after }, [put(account, after)]);
            things.set(after.id, after);
          } else {
            await insert(store.table, account, after);
            things.set(after.id, after);
          }
        }
        await expectLists(account, [...things.values()], limit);
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  test('has all that many writers put in and take out at the same moment', async () => {
    const things = Array.from({ length: 60 }, (_, id) => aThing(id));
    await Promise.all(things.map((thing) => insert(store.table, 'crowd', thing)));
    await Promise.all(things.slice(0, 20).map((thing) => remove(store.table, 'crowd', thing)));
    await expectLists('crowd', things.slice(20), 7);
  });

  test('is found through buckets that were split, wherever the entries came', async () => {
    const count = 1400;
    const order = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? i : count - i));
    const things = [...new Set(order)].map((id) => aThing(id, { name: `n${String(id).padStart(6, '0')}`, kind: 'a' }));
    for (const thing of things) await insert(store.table, 'large', thing);
    const partition = 'ACCOUNT#large#LIST#THINGS#name#';
    const { items } = await store.table.query({ partition, prefix: 'B#', limit: 100 });
    expect(items.length).toBeGreaterThan(2);
    for (const { count: entries } of items) expect(entries).toBeLessThanOrEqual(512);
    await expectLists('large', things, 100);
  }, 120_000);

  test('takes as few reads at its end as at its beginning', async () => {
    const calls: string[] = [];
    const table: Table = new Proxy(store.table, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) => {
          calls.push(String(name));
          return method.apply(target, args);
        };
      },
    });
    for (const order of ORDERS) {
      for (const offset of [0, 700, 1390]) {
        calls.length = 0;
        await entriesAt(table, spec, 'large', { sort: 'name', order, limit: 10 }, offset);
        expect(calls).toEqual(['query', 'query']);
      }
    }
  });

  test('is made of the records that a release without lists wrote, once, whoever comes first', async () => {
    const things = Array.from({ length: 300 }, (_, id) => aThing(id));
    for (const thing of things) await store.table.transact([put('old', thing)]);
    const more = Array.from({ length: 5 }, (_, i) => aThing(1000 + i));
    await Promise.all([
      ...more.map((thing) => insert(store.table, 'old', thing)),
      remove(store.table, 'old', things[0]!),
      entriesAt(store.table, spec, 'old', { sort: 'score', order: 'ascending', limit: 10 }, 0),
    ]);
    await expectLists('old', [...things.slice(1), ...more], 50);
  }, 60_000);

  test('is left as it was where a condition of the record’s own fails, which is told by its index', async () => {
    const thing = aThing(1);
    const refused = transactListed(store.table, spec, 'refused', { after: thing }, [
      put('refused', thing),
      { kind: 'check', key: { pk: 'x', sk: 'x' }, condition: { kind: 'present' } },
    ]);
    await expect(refused).rejects.toEqual(new TransactionFailedError([1]));
    await expectLists('refused', [], 10);
  });
});

describe('the order of values', () => {
  test('is that of the numbers', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
        const order = number(a) < number(b) ? -1 : number(a) > number(b) ? 1 : 0;
        expect(order).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
    expect(number(undefined) < number(Number.NEGATIVE_INFINITY)).toBe(true);
    expect(number(-0)).toBe(number(0));
  });

  test('of texts takes no notice of case, and keeps within a key whatever their length', () => {
    expect(text('Ada')).toBe(text('ADA'));
    expect(Buffer.byteLength(text('😀'.repeat(1000)))).toBe(512);
    expect(text(`${'é'.repeat(300)}x`).isWellFormed()).toBe(true);
  });
});
