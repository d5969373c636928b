import { describe, expect, test } from '@jest/globals';
import { InvalidItemError } from '#domain/ports/errors.ts';
import type { Change } from '#domain/ports/table/port.ts';
import { fresh, type Subject } from './subject.ts';

export const updates = (subject: Subject) =>
  describe('updates', () => {
    test('sets, adds and removes, keeps the rest, and resolves with the item after the change', async () => {
      const key = { pk: fresh(), sk: 'a' };
      await subject().table.put({ ...key, a: 1, b: 2, c: { d: [1] }, size: 'x' });
      const change: Change = {
        set: { a: 'one', size: null, 'x.y': [] },
        add: { b: -5, fresh: 3 },
        remove: ['c', 'never'],
      };
      const after = await subject().table.update(key, change);
      expect(after).toEqual({ ...key, a: 'one', size: null, 'x.y': [], b: -3, fresh: 3 });
      expect(await subject().table.get(key)).toEqual(after);
    });

    test('creates what is absent', async () => {
      const key = { pk: fresh(), sk: 'a' };
      expect(await subject().table.update(key, { set: { a: 1 }, add: { n: 2 } })).toEqual({ ...key, a: 1, n: 2 });
      const other = { pk: fresh(), sk: 'a' };
      expect(await subject().table.update(other, {})).toEqual(other);
      expect(await subject().table.get(other)).toEqual(other);
    });

    test('moves an item into the index, within it, and out of it', async () => {
      const key = { pk: fresh(), sk: 'a' };
      const ipk = fresh();
      const inIndex = async () =>
        (await subject().table.query({ index: 'byIndex', partition: ipk, limit: 10 })).items.map((item) => item.isk);
      await subject().table.put(key);
      expect(await inIndex()).toEqual([]);
      await subject().table.update(key, { set: { ipk, isk: '1' } });
      expect(await inIndex()).toEqual(['1']);
      await subject().table.update(key, { set: { isk: '2' } });
      expect(await inIndex()).toEqual(['2']);
      await subject().table.update(key, { remove: ['ipk', 'isk'] });
      expect(await inIndex()).toEqual([]);
    });

    const refused: [string, Change][] = [
      ['a change of pk', { set: { pk: 'x' } }],
      ['a removal of sk', { remove: ['sk'] }],
      ['an attribute changed twice', { set: { a: 1 }, remove: ['a'] }],
      ['an attribute removed twice', { remove: ['a', 'a'] }],
      ['adding to text', { add: { text: 1 } }],
      ['adding a fraction', { add: { n: 0.5 } }],
      ['adding what is not finite', { add: { n: Number.POSITIVE_INFINITY } }],
      ['adding to the expiry', { add: { expiresAt: 1 } }],
      ['setting what is not JSON', { set: { a: Number.NaN } }],
      ['a place in the index without a sort key', { set: { ipk: 'x' } }],
      ['taking the sort key of the index alone', { remove: ['isk'] }],
    ];
    test.each(refused)('%s is refused and changes nothing', async (_name, change) => {
      const item = { pk: fresh(), sk: 'a', text: 'x', n: 1, a: 2 };
      await subject().table.put(item);
      await expect(subject().table.update(item, change)).rejects.toThrow(InvalidItemError);
      await expect(
        subject().table.transact([{ kind: 'update', key: { pk: item.pk, sk: 'a' }, change }]),
      ).rejects.toThrow(InvalidItemError);
      expect(await subject().table.get(item)).toEqual(item);
    });
  });
