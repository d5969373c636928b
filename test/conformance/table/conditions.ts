import { describe, expect, test } from '@jest/globals';
import { ConditionFailedError, InvalidItemError, TransactionFailedError } from '#domain/ports/errors.ts';
import type { Condition } from '#domain/ports/table/port.ts';
import { fresh, type Subject } from './subject.ts';

const compare = (attribute: string, op: '=' | '<>' | '<' | '<=' | '>' | '>=', value: string | number | boolean) =>
  ({ kind: 'compare', attribute, op, value }) as const;

const ITEM = { n: 5, text: 'm', yes: true, nothing: null, list: [1] };

/** Condition, whether it holds for ITEM, whether it holds for an absent item. */
const TABLE: [string, Condition, boolean, boolean][] = [
  ['absent', { kind: 'absent' }, false, true],
  ['present', { kind: 'present' }, true, false],
  ['n = 5', compare('n', '=', 5), true, false],
  ['n = 6', compare('n', '=', 6), false, false],
  ['n <> 6', compare('n', '<>', 6), true, true],
  ['n <> 5', compare('n', '<>', 5), false, true],
  ['n < 6', compare('n', '<', 6), true, false],
  ['n < 5', compare('n', '<', 5), false, false],
  ['n <= 5', compare('n', '<=', 5), true, false],
  ['n > 4.5', compare('n', '>', 4.5), true, false],
  ['n > 5', compare('n', '>', 5), false, false],
  ['n >= 5', compare('n', '>=', 5), true, false],
  ['n = "5", another type', compare('n', '=', '5'), false, false],
  ['n <> "5", another type', compare('n', '<>', '5'), true, true],
  ['n < "6", another type', compare('n', '<', '6'), false, false],
  ['text < "n"', compare('text', '<', 'n'), true, false],
  ['text > "M", by bytes', compare('text', '>', 'M'), true, false],
  ['text >= ""', compare('text', '>=', ''), true, false],
  ['text < "🚂", by bytes', compare('text', '<', '🚂'), true, false],
  ['yes = true', compare('yes', '=', true), true, false],
  ['yes <> true', compare('yes', '<>', true), false, true],
  ['missing attribute = 1', compare('other', '=', 1), false, false],
  ['missing attribute <> 1', compare('other', '<>', 1), true, true],
  ['missing attribute < 1', compare('other', '<', 1), false, false],
  ['null = 0', compare('nothing', '=', 0), false, false],
  ['list <> 1', compare('list', '<>', 1), true, true],
  ['sk = "a"', compare('sk', '=', 'a'), true, false],
  ['n in 4, 5', { kind: 'oneOf', attribute: 'n', values: [4, 5] }, true, false],
  ['n in 4, "5"', { kind: 'oneOf', attribute: 'n', values: [4, '5'] }, false, false],
  ['missing in 4', { kind: 'oneOf', attribute: 'other', values: [4] }, false, false],
  ['other is missing', { kind: 'missing', attribute: 'other' }, true, true],
  ['n is missing', { kind: 'missing', attribute: 'n' }, false, true],
  ['null is missing', { kind: 'missing', attribute: 'nothing' }, false, true],
  ['all hold', { kind: 'all', of: [{ kind: 'present' }, compare('n', '=', 5)] }, true, false],
  [
    'the one group holds',
    { kind: 'all', of: [{ kind: 'all', of: [{ kind: 'present' }, compare('n', '=', 5)] }] },
    true,
    false,
  ],
  [
    'the one group of any holds',
    { kind: 'all', of: [{ kind: 'any', of: [compare('n', '=', 4), compare('n', '=', 5)] }] },
    true,
    false,
  ],
  ['all but one hold', { kind: 'all', of: [{ kind: 'present' }, compare('n', '=', 6)] }, false, false],
  ['any holds', { kind: 'any', of: [compare('n', '=', 6), compare('text', '=', 'm')] }, true, false],
  ['none of any holds', { kind: 'any', of: [compare('n', '=', 6), compare('text', '=', 'x')] }, false, false],
  ['absent or n = 5', { kind: 'any', of: [{ kind: 'absent' }, compare('n', '=', 5)] }, true, true],
  [
    'any within all within any',
    {
      kind: 'any',
      of: [
        compare('n', '=', 0),
        { kind: 'all', of: [compare('n', '>', 1), { kind: 'any', of: [compare('n', '<', 9)] }] },
      ],
    },
    true,
    false,
  ],
];

export const conditions = (subject: Subject) =>
  describe('conditions', () => {
    test.each(TABLE)('%s', async (_name, condition, ofItem, ofAbsent) => {
      const { table } = subject();
      const pk = fresh();
      await table.put({ pk, sk: 'a', ...ITEM });
      await table.put({ pk, sk: 'gone', ...ITEM, expiresAt: subject().seconds() });
      const check = async (sk: string, holds: boolean) => {
        const key = { pk, sk };
        const before = await table.get(key);
        const outcome = (done: Promise<unknown>) =>
          holds ? expect(done).resolves.toBeUndefined() : expect(done).rejects.toThrow(TransactionFailedError);
        await outcome(table.transact([{ kind: 'check', key, condition }]));
        expect(await table.get(key)).toEqual(before);
        if (!holds) {
          await expect(table.put({ ...key, replaced: true }, condition)).rejects.toThrow(ConditionFailedError);
          await expect(table.update(key, { set: { changed: true } }, condition)).rejects.toThrow(ConditionFailedError);
          await expect(table.delete(key, condition)).rejects.toThrow(ConditionFailedError);
          expect(await table.get(key)).toEqual(before);
          return;
        }
        const changed = await table.update(key, { set: { changed: true } }, condition);
        expect(changed).toEqual({ ...(before ?? key), changed: true });
        await table.delete(key);
        if (before !== undefined) await table.put(before);
        await table.put({ ...key, replaced: true }, condition);
        expect(await table.get(key)).toEqual({ ...key, replaced: true });
        await table.delete(key);
        if (before !== undefined) await table.put(before);
        await table.delete(key, condition);
        expect(await table.get(key)).toBeUndefined();
      };
      await Promise.all([check('a', ofItem), check('b', ofAbsent), check('gone', ofAbsent)]);
    });

    const refused: [string, Condition][] = [
      ['an order of booleans', compare('yes', '<', true)],
      ['oneOf nothing', { kind: 'oneOf', attribute: 'n', values: [] }],
      ['oneOf over a hundred', { kind: 'oneOf', attribute: 'n', values: Array.from({ length: 101 }, (_, n) => n) }],
      ['all of nothing', { kind: 'all', of: [] }],
      ['any of nothing', { kind: 'any', of: [] }],
      ['a number that is not one', compare('n', '=', Number.NaN)],
      ['half of a surrogate pair', compare('n', '=', '\ud800')],
    ];
    test.each(refused)('%s is refused', async (_name, condition) => {
      await expect(subject().table.put({ pk: fresh(), sk: 'a' }, condition)).rejects.toThrow(InvalidItemError);
    });

    test('of many concurrent creations of the same item, one succeeds', async () => {
      const key = { pk: fresh(), sk: 'a' };
      const tables = [subject().table, subject().other];
      const attempts = Array.from({ length: 20 }, (_, n) => tables[n % 2]!.put({ ...key, n }, { kind: 'absent' }));
      const outcomes = await Promise.allSettled(attempts);
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
      expect(await subject().table.get(key)).toMatchObject({
        n: outcomes.findIndex((outcome) => outcome.status === 'fulfilled'),
      });
    });
  });
