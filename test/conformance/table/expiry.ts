import { describe, expect, test } from '@jest/globals';
import { ConditionFailedError } from '#domain/ports/errors.ts';
import { allPages, fresh, type Subject } from './subject.ts';

export const expiry = (subject: Subject) =>
  describe('expiry', () => {
    /** An item that expires. */
    const expired = async (attributes: object = {}) => {
      const { table, advance, seconds } = subject();
      const key = { pk: fresh(), sk: 'a' };
      await table.put({ ...key, ...attributes, expiresAt: seconds() + 10 });
      expect(await table.get(key)).toBeDefined();
      advance(10);
      return key;
    };

    test('an item exists up to the moment at which it expires', async () => {
      const { table, advance, seconds } = subject();
      const key = { pk: fresh(), sk: 'a' };
      await table.put({ ...key, expiresAt: seconds() + 10 });
      advance(9.999);
      expect(await table.get(key)).toBeDefined();
      advance(0.001);
      expect(await table.get(key)).toBeUndefined();
    });

    test('queries skip expired items', async () => {
      const { table, advance, seconds } = subject();
      const pk = fresh();
      for (let n = 0; n < 30; n += 1) {
        await table.put({
          pk,
          sk: String(n).padStart(2, '0'),
          ipk: pk,
          isk: 'x',
          ...(n % 10 !== 9 && { expiresAt: seconds() + 5 }),
        });
      }
      advance(5);
      const live = ['09', '19', '29'];
      const { items } = await allPages(table, { partition: pk, limit: 4 });
      expect(items.map((item) => item.sk)).toEqual(live);
      const indexed = await allPages(table, { index: 'byIndex', partition: pk, limit: 4 });
      expect(indexed.items.map((item) => item.sk).sort()).toEqual(live);
    });

    test('an expired item can be created again, but does not count as present', async () => {
      const key = await expired({ n: 1 });
      await expect(subject().table.put({ ...key, n: 2 }, { kind: 'present' })).rejects.toThrow(ConditionFailedError);
      await subject().table.put({ ...key, n: 2 }, { kind: 'absent' });
      expect(await subject().table.get(key)).toEqual({ ...key, n: 2 });
    });

    test('an expired counter starts again from zero', async () => {
      const key = await expired({ n: 41, old: true });
      expect(await subject().table.update(key, { add: { n: 1 } })).toEqual({ ...key, n: 1 });
    });

    test('also for concurrent writers, and within transactions', async () => {
      const key = await expired({ n: 41, old: true });
      await Promise.all(
        Array.from({ length: 10 }, (_, n) => [subject().table, subject().other][n % 2]!.update(key, { add: { n: 1 } })),
      );
      expect(await subject().table.get(key)).toEqual({ ...key, n: 10 });
      const [first, second] = [await expired({ n: 1 }), await expired({ n: 1 })];
      await subject().table.transact([
        { kind: 'update', key: first, change: { add: { n: 5 } } },
        { kind: 'update', key: second, change: { add: { n: 6 } }, condition: { kind: 'absent' } },
      ]);
      expect(await subject().table.get(first)).toEqual({ ...first, n: 5 });
      expect(await subject().table.get(second)).toEqual({ ...second, n: 6 });
    });

    test('a transaction whose other condition fails reports it, even if an item has expired', async () => {
      const key = await expired({ n: 1 });
      const failing = subject().table.transact([
        { kind: 'update', key, change: { add: { n: 1 } } },
        { kind: 'check', key: { pk: fresh(), sk: 'a' }, condition: { kind: 'present' } },
      ]);
      await expect(failing).rejects.toMatchObject({ failed: [1] });
      expect(await subject().table.get(key)).toBeUndefined();
    });

    test('an expiry can be extended and removed', async () => {
      const { table, advance, seconds } = subject();
      const key = { pk: fresh(), sk: 'a' };
      await table.put({ ...key, expiresAt: seconds() + 10 });
      await table.update(key, { set: { expiresAt: seconds() + 20 } });
      advance(15);
      expect(await table.get(key)).toBeDefined();
      await table.update(key, { remove: ['expiresAt'] });
      advance(1000);
      expect(await table.get(key)).toEqual(key);
    });
  });
