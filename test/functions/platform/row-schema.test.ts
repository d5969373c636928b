import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { documentedRow, row } from '#functions/platform/models/row-schema.ts';

const cell = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(Number.POSITIVE_INFINITY),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    cell,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 3 }), tie('value'), { maxKeys: 3 }),
  ),
}));

test('a row is whatever its documented schema says', () => {
  fc.assert(
    fc.property(value, (given) => {
      expect(row.safeParse(given).success).toBe(documentedRow.safeParse(given).success);
    }),
    { numRuns: 2000 },
  );
});

test('what is wrong with a row is said with its place, the bound and the value', () => {
  const issues = (given: unknown) =>
    row.safeParse(given).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  expect(issues([1, [[1, 'a']], { a: [] }, Number.POSITIVE_INFINITY])).toEqual([
    '1.0: must be a number, a string, true, false or null, or an array of numbers; got [1,"a"]',
    '2.a: must be a number, a string, true, false or null; got []',
    '3: must be a number, a string, true, false or null; got Infinity',
  ]);
  // An array of images, or of series.
  const deep = [[[[0, 0, 0]]], [[[0, 0, 0]]]];
  expect(issues(deep)).toEqual([
    ': must have at most 3 dimensions, as an image with channels has; got an array [2, 1, 1, 3]',
  ]);
  expect(issues([new Array(9).fill([1, 'a'])])).toEqual([
    '0.0: must be a number, a string, true, false or null, or an array of numbers; got [1,"a"]',
  ]);
  expect(issues(7)).toEqual([': must be an array, an object or a string; got 7']);
  // One more than an error lists.
  expect(issues(new Array(1000).fill({ a: {} }))).toHaveLength(21);
});
