import { describe, expect, test } from '@jest/globals';
import { prepared } from '../tables.ts';

const day = (i: number) => new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10);

/** Forty days, each with a number, and when it was paid: so many days later. */
const table = (later: number) =>
  `at,paid,n,y\n${Array.from({ length: 40 }, (_, i) => `${day(i)},${day(i + later)},${i % 7},${'ab'[i % 2]}`).join('\n')}\n`;

const BY_TIME = { target: 'y', parsing: { columns: { at: { role: 'time' } } } } as const;

describe('a split by time', () => {
  test('warns of times that rows to learn from cannot have known', async () => {
    const { warnings } = await prepared(table(5), BY_TIME);
    expect(warnings).toMatchObject([
      {
        code: 'after_split',
        column: 'paid',
        rows: 5,
        first_value: `${day(32)}T00:00:00.000Z`,
        message: expect.stringContaining(day(31)),
        overrule: { columns: { paid: { role: 'ignore' } } },
      },
    ]);
  });

  test('says nothing where all is known, where nothing is kept back, and of other splits', async () => {
    expect((await prepared(table(0), BY_TIME)).warnings).toEqual([]);
    expect((await prepared(table(5), { ...BY_TIME, validationSplit: 0 })).warnings).toEqual([]);
    expect((await prepared(table(5), { target: 'y' })).warnings).toEqual([]);
  });
});
