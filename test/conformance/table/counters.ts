import { describe, expect, test } from '@jest/globals';
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
