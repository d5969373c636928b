import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { splitRows } from '#learning/table/split.ts';

const classes = (codes: readonly number[]) => ({
  task: 'classification' as const,
  classes: ['a', 'b', 'c'],
  values: Int32Array.from(codes),
});

const folds = (
  target: Parameters<typeof splitRows>[0],
  of: number,
  splitBy?: Parameters<typeof splitRows>[3],
  test = 0,
) =>
  Array.from({ length: of }, (_, index) =>
    splitRows(target, { validation: 0.2, test, fold: { index, of } }, 1, splitBy),
  );

test('the parts of a random cross-validation have nothing to do with the targets', () => {
  const values = Array.from({ length: 60 }, (_, i) => i % 3);
  const parts = (target: Parameters<typeof splitRows>[0]) =>
    Array.from({ length: 4 }, (_, index) =>
      splitRows(target, { validation: 0.2, fold: { index, of: 4 }, isRandom: true }, 1),
    );
  const found = parts(classes(values));
  expect(found.flatMap(({ validation }) => [...validation]).sort((a, b) => a - b)).toEqual(values.map((_, row) => row));
  expect(found.map(({ validation }) => validation.length)).toEqual([15, 15, 15, 15]);
  expect(parts(classes(values.map(() => 0)))).toEqual(found);
});

describe('the parts of a cross-validation', () => {
  test('have each row for validation once, the same share of each class, and the rows for the test in none', () => {
    const codes = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 30, maxLength: 200 });
    fc.assert(
      fc.property(codes, fc.integer({ min: 2, max: 6 }), fc.constantFrom(0, 0.2), (values, of, share) => {
        const parts = folds(classes(values), of, undefined, share);
        const [first] = parts;
        const validated = parts.flatMap(({ validation }) => [...validation]);
        expect([...validated, ...first!.test].sort((a, b) => a - b)).toEqual(values.map((_, row) => row));
        for (const { training, validation, test } of parts) {
          expect([...training, ...validation, ...test].sort((a, b) => a - b)).toEqual(values.map((_, row) => row));
          expect([...test]).toEqual([...first!.test]);
        }
        for (const code of [0, 1, 2]) {
          const counts = parts.map(({ validation }) => [...validation].filter((row) => values[row] === code).length);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        }
      }),
      { seed: 2026 },
    );
  });

  test('keep groups whole, and are about equally large', () => {
    const groups = Int32Array.from({ length: 60 }, (_, row) => row % 12);
    const parts = folds(classes(new Array<number>(60).fill(0)), 4, { by: 'group', values: groups });
    for (const { training, validation } of parts) {
      const validated = new Set([...validation].map((row) => groups[row]));
      expect([...training].some((row) => validated.has(groups[row]))).toBe(false);
      expect(validation).toHaveLength(15);
    }
  });

  // TimeSeriesSplit(3).split(range(10)) of scikit-learn 1.9.
  test('learn by time from nothing later, as TimeSeriesSplit divides', () => {
    const times = Float64Array.from({ length: 10 }, (_, row) => 100 - row);
    const parts = folds(classes(new Array<number>(10).fill(0)), 3, { by: 'time', values: times });
    const inTime = (rows: Int32Array) => [...rows].map((row) => 9 - row).sort((a, b) => a - b);
    expect(parts.map(({ training, validation }) => [inTime(training), inTime(validation)])).toEqual([
      [
        [0, 1, 2, 3],
        [4, 5],
      ],
      [
        [0, 1, 2, 3, 4, 5],
        [6, 7],
      ],
      [
        [0, 1, 2, 3, 4, 5, 6, 7],
        [8, 9],
      ],
    ]);
  });

  test('are refused where there are fewer groups than parts', () => {
    const groups = Int32Array.from({ length: 20 }, (_, row) => row % 2);
    expect(() => folds(classes(new Array<number>(20).fill(0)), 3, { by: 'group', values: groups })).toThrow(
      'There must be at least 3 groups for the cross-validation; got 2',
    );
  });
});
