import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { IdempotencyMismatchError, InvalidItemError, TransactionFailedError } from '#domain/ports/errors.ts';
import type { Write } from '#domain/ports/table/port.ts';
import { allPages, fresh, type Subject } from './subject.ts';

export const transactions = (subject: Subject) =>
  describe('transactions', () => {
    test('all writes of every kind are done together', async () => {
      const pk = fresh();
      await subject().table.put({ pk, sk: 'old' });
      await subject().table.put({ pk, sk: 'count', n: 1 });
      await subject().table.transact([
        { kind: 'put', item: { pk, sk: 'new', a: 1 }, condition: { kind: 'absent' } },
        { kind: 'update', key: { pk, sk: 'count' }, change: { add: { n: 1 } }, condition: { kind: 'present' } },
        { kind: 'delete', key: { pk, sk: 'old' }, condition: { kind: 'present' } },
        { kind: 'check', key: { pk, sk: 'nowhere' }, condition: { kind: 'absent' } },
      ]);
      const { items } = await subject().table.query({ partition: pk, limit: 10 });
      expect(items).toEqual([
        { pk, sk: 'count', n: 2 },
        { pk, sk: 'new', a: 1 },
      ]);
    });

    test('one condition that fails undoes all, and the error says which did', async () => {
      const pk = fresh();
      await subject().table.put({ pk, sk: 'there', n: 1 });
      const failing = subject().table.transact([
        { kind: 'put', item: { pk, sk: 'new' } },
        { kind: 'put', item: { pk, sk: 'there' }, condition: { kind: 'absent' } },
        { kind: 'update', key: { pk, sk: 'other' }, change: { add: { n: 1 } } },
        { kind: 'check', key: { pk, sk: 'nowhere' }, condition: { kind: 'present' } },
      ]);
      await expect(failing).rejects.toThrow(TransactionFailedError);
      await expect(failing).rejects.toMatchObject({ failed: [1, 3] });
      const { items } = await subject().table.query({ partition: pk, limit: 10 });
      expect(items).toEqual([{ pk, sk: 'there', n: 1 }]);
    });

    test('a transaction repeated with the same token is done once', async () => {
      const pk = fresh();
      const writes: Write[] = [
        { kind: 'update', key: { pk, sk: 'n' }, change: { add: { n: 1 } } },
        { kind: 'put', item: { pk, sk: 'once' }, condition: { kind: 'absent' } },
      ];
      await subject().table.transact(writes, pk);
      subject().advance(100);
      await subject().other.transact(writes, pk);
      expect(await subject().table.get({ pk, sk: 'n' })).toMatchObject({ n: 1 });
    });

    test('also if the repetition is concurrent', async () => {
      const pk = fresh();
      const writes: Write[] = [{ kind: 'update', key: { pk, sk: 'n' }, change: { add: { n: 1 } } }];
      const tables = [subject().table, subject().other];
      await Promise.all(Array.from({ length: 6 }, (_, n) => tables[n % 2]!.transact(writes, pk)));
      expect(await subject().table.get({ pk, sk: 'n' })).toMatchObject({ n: 1 });
    });

    test('the token of another transaction is refused', async () => {
      const pk = fresh();
      await subject().table.transact([{ kind: 'put', item: { pk, sk: 'a' } }], pk);
      const other = subject().table.transact([{ kind: 'put', item: { pk, sk: 'b' } }], pk);
      await expect(other).rejects.toThrow(IdempotencyMismatchError);
      expect(await subject().table.get({ pk, sk: 'b' })).toBeUndefined();
    });

    test('a token is forgotten after ten minutes', async () => {
      const pk = fresh();
      const writes: Write[] = [{ kind: 'update', key: { pk, sk: 'n' }, change: { add: { n: 1 } } }];
      await subject().table.transact(writes, pk);
      subject().advance(601);
      await subject().table.transact(writes, pk);
      expect(await subject().table.get({ pk, sk: 'n' })).toMatchObject({ n: 2 });
    });

    test('a transaction that failed leaves its token unused', async () => {
      const pk = fresh();
      const writes: Write[] = [{ kind: 'put', item: { pk, sk: 'a' }, condition: { kind: 'absent' } }];
      await subject().table.put({ pk, sk: 'a' });
      await expect(subject().table.transact(writes, pk)).rejects.toThrow(TransactionFailedError);
      await subject().table.delete({ pk, sk: 'a' });
      await subject().table.transact(writes, pk);
      expect(await subject().table.get({ pk, sk: 'a' })).toEqual({ pk, sk: 'a' });
    });

    test('a hundred writes are accepted, and 99 with a token', async () => {
      const pk = fresh();
      const puts = (count: number, sk: string): Write[] =>
        Array.from({ length: count }, (_, n) => ({ kind: 'put', item: { pk, sk: `${sk}${n}` } }));
      await subject().table.transact(puts(100, 'a'));
      await subject().table.transact(puts(99, 'b'), pk);
      const { items } = await allPages(subject().table, { partition: pk, limit: 1000 });
      expect(items).toHaveLength(199);
      await expect(subject().table.transact(puts(101, 'c'))).rejects.toThrow('between 1 and 100 writes; got 101');
      await expect(subject().table.transact(puts(100, 'c'), 't')).rejects.toThrow('between 1 and 99 writes; got 100');
    });

    test('no write, one item twice, more than 4 MB or a bad token are refused', async () => {
      const pk = fresh();
      const item = { pk, sk: 'a' };
      const large = Array.from(
        { length: 11 },
        (_, n): Write => ({ kind: 'put', item: { pk, sk: `${n}`, data: 'x'.repeat(400_000) } }),
      );
      for (const [writes, token] of [
        [[], undefined],
        [
          [
            { kind: 'put', item },
            { kind: 'delete', key: item },
          ],
          undefined,
        ],
        [large, undefined],
        [[{ kind: 'put', item }], ''],
        [[{ kind: 'put', item }], 'x'.repeat(257)],
      ] as [Write[], string | undefined][]) {
        await expect(subject().table.transact(writes, token)).rejects.toThrow(InvalidItemError);
      }
      expect((await subject().table.query({ partition: pk, limit: 10 })).items).toEqual([]);
    });

    test('readers never see a part of a transaction', async () => {
      const pk = fresh();
      const pair = (n: number): Write[] => ['a', 'b'].map((sk) => ({ kind: 'put', item: { pk, sk, n } }));
      await subject().table.transact(pair(0));
      let seen = 0;
      const reading = (async () => {
        while (seen < 10) {
          const [a, b] = (await subject().other.query({ partition: pk, limit: 2 })).items;
          expect(a?.n).toBe(b?.n);
          seen = Number(a?.n);
          await turn();
        }
      })();
      for (let n = 1; n <= 10; n += 1) await subject().table.transact(pair(n));
      await reading;
    });
  });
