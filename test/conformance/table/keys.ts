import { describe, expect, test } from '@jest/globals';
import { InvalidItemError } from '#domain/ports/errors.ts';
import { allPages, fresh, type Subject } from './subject.ts';

const HOSTILE = [
  ' ',
  '\u0000',
  'a\u0000',
  'a\u0000b',
  '\n',
  'a',
  'A',
  'é',
  'e\u0301',
  'ß',
  '\u007f',
  '\u0080',
  '\u07ff',
  '\u0800',
  '\uffff',
  '\ufffd',
  '\ue000',
  '🚂',
  '\u{10ffff}',
  "'; DROP TABLE items; --",
  '"',
  '%',
  '_',
  '../../etc/passwd',
  '/',
  '.',
  '..',
  '__proto__',
  'constructor',
  ':0',
  '#0',
  'x'.repeat(1024),
  '🚂'.repeat(256),
];

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

export const keys = (subject: Subject) =>
  describe('keys', () => {
    test('any text is a key of its own, and the order is that of the bytes', async () => {
      const pk = fresh();
      for (const [n, sk] of HOSTILE.entries()) await subject().table.put({ pk, sk, n });
      for (const [n, sk] of HOSTILE.entries()) expect(await subject().table.get({ pk, sk })).toEqual({ pk, sk, n });
      const { items } = await allPages(subject().table, { partition: pk, limit: 5 });
      expect(items.map((item) => item.sk)).toEqual([...HOSTILE].sort(byBytes));
      const reverse = await allPages(subject().table, { partition: pk, limit: 7, order: 'descending' });
      expect(reverse.items).toEqual([...items].reverse());
    });

    test('any text is a partition of its own', async () => {
      const base = fresh();
      for (const part of HOSTILE) await subject().table.put({ pk: base + part, sk: 'a', part });
      for (const part of HOSTILE) {
        const { items } = await subject().table.query({ partition: base + part, limit: 10 });
        expect(items.map((item) => item.part)).toEqual([part]);
      }
    });

    test('two keys of the same characters are not confused', async () => {
      const pk = fresh();
      const [one, other] = [
        { pk: `${pk}\na`, sk: 'b' },
        { pk, sk: 'a\nb' },
      ];
      await subject().table.put(one);
      expect(await subject().table.get(one)).toEqual(one);
      expect(await subject().table.get(other)).toBeUndefined();
    });

    test('any text is a place in the index', async () => {
      const ipk = fresh();
      for (const isk of HOSTILE) await subject().table.put({ pk: fresh(), sk: 'a', ipk, isk });
      const { items } = await allPages(subject().table, { index: 'byIndex', partition: ipk, limit: 4 });
      expect(items.map((item) => item.isk)).toEqual([...HOSTILE].sort(byBytes));
    });

    test('the longest keys are accepted', async () => {
      const key = { pk: fresh().padEnd(2048, 'é').slice(0, 1024), sk: 's'.repeat(1024) };
      const padded = { ...key, pk: key.pk + 'x'.repeat(2048 - Buffer.byteLength(key.pk)) };
      await subject().table.put(padded);
      expect(await subject().table.get(padded)).toEqual(padded);
    });

    const refused: [string, string, string][] = [
      ['an empty partition', '', 'a'],
      ['an empty sort key', 'a', ''],
      ['a partition over 2048 bytes', 'x'.repeat(2049), 'a'],
      ['a partition over 2048 bytes that is fewer characters', 'é'.repeat(1025), 'a'],
      ['a sort key over 1024 bytes', 'a', 'x'.repeat(1025)],
      ['half of a surrogate pair', 'a', '\ud800'],
    ];
    test.each(refused)('%s is refused by every call', async (_what, pk, sk) => {
      const { table } = subject();
      const key = { pk, sk };
      for (const call of [
        async () => table.get(key),
        () => table.put(key),
        () => table.update(key, {}),
        () => table.delete(key),
        () => table.transact([{ kind: 'put', item: key }]),
        () => table.transact([{ kind: 'check', key, condition: { kind: 'absent' } }]),
      ]) {
        await expect(call()).rejects.toThrow(InvalidItemError);
      }
    });
  });
