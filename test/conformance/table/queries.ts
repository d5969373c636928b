import { beforeAll, describe, expect, test } from '@jest/globals';
import { InvalidCursorError, InvalidItemError } from '#domain/ports/errors.ts';
import type { Query } from '#domain/ports/table/port.ts';
import { allPages, fresh, type Subject } from './subject.ts';

const SORTS = ['a', 'a#1', 'a#2', 'a$', 'b', 'b#1', 'é', 'é#1', '\ud7ff', '\ue000', '\u{10ffff}', '\u{10ffff}#1'];

export const queries = (subject: Subject) =>
  describe('queries', () => {
    const pk = fresh();
    const sorts = async (query: Omit<Query, 'partition' | 'limit'>) => {
      const { items } = await allPages(subject().table, { partition: pk, limit: 3, ...query });
      return items.map((item) => item.sk);
    };

    beforeAll(async () => {
      for (const [n, sk] of SORTS.entries())
        await subject().table.put({ pk, sk, n, ipk: `${pk}#${n % 2}`, isk: `same` });
      await subject().table.put({ pk: `${pk}x`, sk: 'a', n: -1 });
    });

    test('an empty partition has no items and no cursor', async () => {
      expect(await subject().table.query({ partition: fresh(), limit: 1 })).toEqual({ items: [] });
    });

    test('items come in order, forwards and backwards', async () => {
      expect(await sorts({})).toEqual(SORTS);
      expect(await sorts({ order: 'descending' })).toEqual([...SORTS].reverse());
    });

    test('a prefix selects the keys that begin with it', async () => {
      expect(await sorts({ prefix: 'a#' })).toEqual(['a#1', 'a#2']);
      expect(await sorts({ prefix: 'a', order: 'descending' })).toEqual(['a$', 'a#2', 'a#1', 'a']);
      expect(await sorts({ prefix: 'é' })).toEqual(['é', 'é#1']);
      expect(await sorts({ prefix: '\ud7ff' })).toEqual(['\ud7ff']);
      expect(await sorts({ prefix: '\u{10ffff}' })).toEqual(['\u{10ffff}', '\u{10ffff}#1']);
      expect(await sorts({ prefix: '' })).toEqual(SORTS);
      expect(await sorts({ prefix: 'c' })).toEqual([]);
      expect(await sorts({ prefix: '%' })).toEqual([]);
    });

    test('bounds are inclusive and optional', async () => {
      expect(await sorts({ from: 'a#2', to: 'b' })).toEqual(['a#2', 'a$', 'b']);
      expect(await sorts({ from: 'é#1' })).toEqual(SORTS.slice(7));
      expect(await sorts({ to: 'a#1' })).toEqual(['a', 'a#1']);
      expect(await sorts({ from: 'b', to: 'a' })).toEqual([]);
      expect(await sorts({ from: '', to: 'a' })).toEqual(['a']);
      expect(await sorts({ to: '' })).toEqual([]);
      expect(await sorts({ from: 'a#2', to: 'b', order: 'descending' })).toEqual(['b', 'a$', 'a#2']);
    });

    test('the index has the items with a place in it, each once, also those with equal places', async () => {
      const { items } = await allPages(subject().table, { index: 'byIndex', partition: `${pk}#0`, limit: 2 });
      expect(items.map((item) => item.n).sort((a, b) => Number(a) - Number(b))).toEqual([0, 2, 4, 6, 8, 10]);
      const bounded = await allPages(subject().table, {
        index: 'byIndex',
        partition: `${pk}#1`,
        limit: 4,
        prefix: 'sam',
      });
      expect(bounded.items).toHaveLength(6);
      expect(bounded.items[0]).toMatchObject({ pk, isk: 'same' });
    });

    test('every limit gives the same items', async () => {
      for (const limit of [1, 2, 5, 12, 1000]) {
        const { items, pages } = await allPages(subject().table, { partition: pk, limit });
        expect(items.map((item) => item.sk)).toEqual(SORTS);
        expect(pages).toBeGreaterThanOrEqual(Math.ceil(SORTS.length / limit));
      }
    });

    test('a page never has more items than its limit, nor far more than a megabyte', async () => {
      const partition = fresh();
      for (let n = 0; n < 7; n += 1)
        await subject().table.put({ pk: partition, sk: `${n}`, data: 'x'.repeat(390_000) });
      const first = await subject().table.query({ partition, limit: 1000 });
      expect(first.items.length).toBeLessThan(7);
      const { items, pages } = await allPages(subject().table, { partition, limit: 1000 });
      expect(items.map((item) => item.sk)).toEqual(['0', '1', '2', '3', '4', '5', '6']);
      expect(pages).toBeGreaterThan(2);
    });

    test('a cursor continues after its last item, even if that was deleted or others were added', async () => {
      const partition = fresh();
      for (const sk of ['a', 'b', 'd', 'e']) await subject().table.put({ pk: partition, sk });
      const first = await subject().table.query({ partition, limit: 2 });
      await subject().table.delete({ pk: partition, sk: 'b' });
      await subject().table.put({ pk: partition, sk: 'c' });
      const rest = await subject().table.query({ partition, limit: 9, cursor: first.cursor! });
      expect(rest.items.map((item) => item.sk)).toEqual(['c', 'd', 'e']);
    });

    test('a cursor that is not of this query is refused', async () => {
      const { cursor = '' } = await subject().table.query({ partition: pk, limit: 2 });
      expect(cursor).not.toBe('');
      const queries: Query[] = [
        { partition: fresh(), limit: 2, cursor },
        { partition: pk, limit: 2, cursor, order: 'descending' },
        { partition: pk, limit: 2, cursor, prefix: 'a' },
        { index: 'byIndex', partition: pk, limit: 2, cursor },
        ...['', 'nonsense', 'e30', `${cursor}A`, '{}', '\u0000', 'x'.repeat(20_000)].map((bad) => ({
          partition: pk,
          limit: 2,
          cursor: bad,
        })),
      ];
      for (const query of queries) await expect(subject().table.query(query)).rejects.toThrow(InvalidCursorError);
      expect((await subject().table.query({ partition: pk, limit: 50, cursor })).items).toHaveLength(10);
    });

    test('a limit outside of 1 to 1000, and a prefix with bounds, are refused', async () => {
      for (const limit of [0, -1, 1001, 1.5, Number.NaN]) {
        await expect(subject().table.query({ partition: pk, limit })).rejects.toThrow(InvalidItemError);
      }
      await expect(subject().table.query({ partition: pk, limit: 1, prefix: 'a', to: 'b' })).rejects.toThrow(
        InvalidItemError,
      );
    });
  });
