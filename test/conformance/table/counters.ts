import { describe, expect, test } from '@jest/globals';
import { InvalidItemError } from '#domain/ports/errors.ts';
import { fresh, type Subject } from './subject.ts';

export const counters = (subject: Subject) =>
  describe('counters', () => {
    test('no increment of concurrent writers is lost, and each sees a different value', async () => {
      const key = { pk: fresh(), sk: 'counter' };
      const tables = [subject().table, subject().other];
      const after = await Promise.all(
        Array.from({ length: 60 }, (_, n) => tables[n % 2]!.update(key, { add: { n: 1 } })),
      );
      expect(after.map((item) => Number(item.n)).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 60 }, (_, n) => n + 1),
      );
    });

    test('a counter that is not an item counts concurrent writers as exactly', async () => {
      const counter = { pk: fresh(), sk: 'counter' };
      const other = { pk: counter.pk, sk: 'other' };
      const tables = [subject().table, subject().other];
      const expiresAt = subject().seconds() + 60;
      const sums = await Promise.all(
        Array.from({ length: 60 }, (_, n) => tables[n % 2]!.increment(n % 3 === 0 ? other : counter, 'n', expiresAt)),
      );
      const sumsOf = (wanted: (n: number) => boolean) => sums.filter((_, n) => wanted(n)).sort((a, b) => a - b);
      expect(sumsOf((n) => n % 3 === 0)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
      expect(sumsOf((n) => n % 3 !== 0)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    });

    test('it counts from zero again once it has expired', async () => {
      const { table, advance, seconds } = subject();
      const counter = { pk: fresh(), sk: 'counter' };
      const count = () => table.increment(counter, 'n', seconds() + 10);
      expect([await count(), await count()]).toEqual([1, 2]);
      advance(9.999);
      expect(await count()).toBe(3);
      advance(20);
      expect([await count(), await count()]).toEqual([1, 2]);
    });

    test('the counters of a partition are read together, and deleted together', async () => {
      const { table, other, seconds } = subject();
      const [pk, another] = [fresh(), fresh()];
      const expiresAt = seconds() + 60;
      for (const [sk, name] of [
        ['day 2', 'a'],
        ['day 1', 'a'],
        ['day 1', 'b b'],
        ['day 1', 'a'],
        ['night', 'a'],
      ] as const) {
        await table.increment({ pk, sk }, name, expiresAt);
      }
      await table.increment({ pk: another, sk: 'day 1' }, 'a', expiresAt);
      expect(await other.counters(pk, 'day')).toEqual([
        { pk, sk: 'day 1', a: 2, 'b b': 1 },
        { pk, sk: 'day 2', a: 1 },
      ]);
      await other.deleteCounters(pk);
      expect([await table.counters(pk, 'd'), await table.counters(another, 'd')]).toEqual([
        [],
        [{ pk: another, sk: 'day 1', a: 1 }],
      ]);
    });

    test('its key and name are checked as those of an item', async () => {
      const { table } = subject();
      const increment = async (pk: string, name: string) => table.increment({ pk, sk: 'a' }, name, 1);
      await expect(increment('', 'n')).rejects.toThrow(InvalidItemError);
      await expect(increment('p', 'pk')).rejects.toThrow(InvalidItemError);
    });

    test('increments within transactions are not lost either', async () => {
      const pk = fresh();
      const tables = [subject().table, subject().other];
      await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          tables[n % 2]!.transact([
            { kind: 'update', key: { pk, sk: 'total' }, change: { add: { n: 2 } } },
            { kind: 'put', item: { pk, sk: `entry ${n}` }, condition: { kind: 'absent' } },
          ]),
        ),
      );
      expect(await subject().table.get({ pk, sk: 'total' })).toMatchObject({ n: 40 });
    }, 60_000);

    test('a bounded counter never passes its bound', async () => {
      const key = { pk: fresh(), sk: 'slots' };
      const free = {
        kind: 'any',
        of: [
          { kind: 'missing', attribute: 'n' },
          { kind: 'compare', attribute: 'n', op: '<', value: 5 },
        ],
      } as const;
      const attempts = Array.from({ length: 20 }, () => subject().table.update(key, { add: { n: 1 } }, free));
      const outcomes = await Promise.allSettled(attempts);
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(5);
      expect(await subject().table.get(key)).toMatchObject({ n: 5 });
    });
  });
