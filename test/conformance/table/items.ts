import { describe, expect, test } from '@jest/globals';
import { InvalidItemError } from '#domain/ports/errors.ts';
import { itemSize } from '#domain/ports/table/item-rules.ts';
import type { Item, Json } from '#domain/ports/table/port.ts';
import { fresh, type Subject } from './subject.ts';

const LIMIT = 409_600;

/** Lists nested so many levels deep. */
const nested = (depth: number): Json => (depth === 0 ? 'leaf' : [nested(depth - 1)]);

export const items = (subject: Subject) =>
  describe('items', () => {
    test('an absent item reads as undefined', async () => {
      expect(await subject().table.get({ pk: fresh(), sk: 'a' })).toBeUndefined();
    });

    test('an item reads back as it was written, whatever JSON it contains', async () => {
      const item: Item = {
        pk: fresh(),
        sk: 'a',
        text: 'naïve 🚂 \u0000 end',
        empty: '',
        yes: true,
        no: false,
        nothing: null,
        numbers: [0, -1, 0.1, 1e-130, 9.99e125, -9.99e125, 2 ** 53, Number.MAX_SAFE_INTEGER, 1.7976931348623157, 1e21],
        nested: { list: [[], {}, [1, ['x']]], 'a name with spaces': { constructor: 'x', toString: 1 } },
        size: 'a reserved word',
        'attr.with[brackets]': 1,
      };
      await subject().table.put(item);
      expect(await subject().table.get(item)).toEqual(item);
      expect(await subject().other.get(item)).toEqual(item);
    });

    test('items are read together in the order of their keys, absent ones as undefined', async () => {
      const pk = fresh();
      const keys = Array.from({ length: 100 }, (_, i) => ({ pk: i % 2 === 0 ? pk : `${pk}#other`, sk: `k${i}` }));
      for (const key of keys.slice(0, 60)) await subject().table.put({ ...key, filled: 'x'.repeat(50_000) });
      const found = await subject().table.getMany(keys);
      expect(found.map((item) => item && { pk: item.pk, sk: item.sk })).toEqual(
        keys.map((key, i) => (i < 60 ? key : undefined)),
      );
      expect(await subject().table.getMany([])).toEqual([]);
    });

    test('items are read together by keys with any characters', async () => {
      const pk = fresh();
      const keys = ['plain', '"quoted"', "it's", 'back\\slash', 'naïve 🚂', 'nul \0 end', '[1]', '{"a":1}', '12'].map(
        (sk) => ({
          pk,
          sk,
        }),
      );
      for (const key of keys) await subject().table.put(key);
      expect(await subject().table.getMany(keys)).toEqual(keys);
      expect(await subject().table.getMany(keys.slice(0, 5))).toEqual(keys.slice(0, 5));
    });

    test('at most 100 different items are read together', async () => {
      const keys = Array.from({ length: 101 }, (_, i) => ({ pk: 'p', sk: `k${i}` }));
      await expect(subject().table.getMany(keys)).rejects.toThrow(InvalidItemError);
      await expect(subject().table.getMany([keys[0]!, keys[0]!])).rejects.toThrow(InvalidItemError);
    });

    test('a put replaces the whole item', async () => {
      const key = { pk: fresh(), sk: 'a' };
      await subject().table.put({ ...key, one: 1, ipk: 'x', isk: 'y' });
      await subject().table.put({ ...key, two: 2 });
      expect(await subject().table.get(key)).toEqual({ ...key, two: 2 });
    });

    test('an undefined attribute is absent', async () => {
      const key = { pk: fresh(), sk: 'a' };
      await subject().table.put({ ...key, gone: undefined });
      expect(Object.keys((await subject().table.get(key)) ?? {}).sort()).toEqual(['pk', 'sk']);
    });

    test('a caller that changes its object after a put does not change the item', async () => {
      const list = [1];
      const item = { pk: fresh(), sk: 'a', list };
      const done = subject().table.put(item);
      list.push(2);
      await done;
      expect(await subject().table.get(item)).toMatchObject({ list: [1] });
    });

    test('deleting removes it, and deleting what is absent succeeds', async () => {
      const key = { pk: fresh(), sk: 'a' };
      await subject().table.put({ ...key, one: 1 });
      await subject().table.delete(key);
      expect(await subject().table.get(key)).toBeUndefined();
      await subject().table.delete(key);
    });

    test('an item of exactly 400 KB is accepted, and one byte more is refused and changes nothing', async () => {
      const key = { pk: fresh(), sk: 'a' };
      const room = LIMIT - itemSize({ ...key, data: '' });
      const full = { ...key, data: 'é'.repeat(Math.floor(room / 2)) + 'x'.repeat(room % 2) };
      expect(itemSize(full)).toBe(LIMIT);
      await subject().table.put(full);
      await expect(subject().table.put({ ...full, data: `${full.data}x` })).rejects.toThrow(InvalidItemError);
      await expect(subject().table.update(key, { set: { b: '' } })).rejects.toThrow(InvalidItemError);
      await expect(subject().table.transact([{ kind: 'put', item: { ...full, b: '' } }])).rejects.toThrow(
        InvalidItemError,
      );
      await expect(subject().table.transact([{ kind: 'update', key, change: { set: { b: '' } } }])).rejects.toThrow(
        InvalidItemError,
      );
      expect(await subject().table.get(key)).toEqual(full);
    });

    test('values nest 32 levels deep, the innermost included, and no deeper', async () => {
      const item = { pk: fresh(), sk: 'a', deep: nested(31) };
      await subject().table.put(item);
      expect(await subject().table.get(item)).toEqual(item);
      await expect(subject().table.put({ ...item, deep: nested(32) })).rejects.toThrow('nested over 32 levels');
    });

    const refused: [string, object][] = [
      ['a number that is not one', { n: Number.NaN }],
      ['an infinite number', { n: Number.POSITIVE_INFINITY }],
      ['a number that is too large', { n: 1e126 }],
      ['a number that is too small', { n: 1e-131 }],
      ['half of a surrogate pair', { text: '\ud83d' }],
      ['half of a surrogate pair in a name', { nested: { '\udc00': 1 } }],
      ['a date', { at: new Date(0) }],
      ['a function', { f: () => 1 }],
      ['an undefined value in a list', { list: [undefined] }],
      ['a nameless attribute', { '': 1 }],
      ['a big integer', { n: 1n }],
      ['an index partition without a sort key', { ipk: 'x' }],
      ['an empty index key', { ipk: '', isk: 'x' }],
      ['an index key that is no text', { ipk: 'x', isk: 1 }],
      ['an index sort key that is too long', { ipk: 'x', isk: 'x'.repeat(1025) }],
      ['an expiry that is no number', { expiresAt: 'tomorrow' }],
    ];
    test.each(refused)('%s is refused', async (_what, attributes) => {
      const key = { pk: fresh(), sk: 'a' };
      await expect(subject().table.put({ ...key, ...attributes } as Item)).rejects.toThrow(InvalidItemError);
      expect(await subject().table.get(key)).toBeUndefined();
    });
  });
