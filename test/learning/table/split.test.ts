import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { splitRows } from '#learning/table/split.ts';

const classTarget = (codes: number[]) => ({
  task: 'classification' as const,
  classes: ['a', 'b', 'c'],
  values: Int32Array.from(codes),
});

describe('splitting rows', () => {
  test('keeps every row once, the fraction in all, and a row of each class for training', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        fc.integer(),
        (codes, fraction, seed) => {
          const { training, validation } = splitRows(classTarget(codes), fraction, seed);
          expect([...training, ...validation].sort((a, b) => a - b)).toEqual(codes.map((_, row) => row));
          for (const code of new Set(codes)) expect([...training].some((row) => codes[row] === code)).toBe(true);
          expect(validation.length).toBeLessThanOrEqual(Math.ceil(codes.length * fraction));
        },
      ),
      { seed: 2026 },
    );
  });

  test('takes the same part of each class', () => {
    const codes = [...new Array(152).fill(0), ...new Array(68).fill(1), ...new Array(124).fill(2)];
    const { validation } = splitRows(classTarget(codes), 0.25, 1);
    const counts = [0, 1, 2].map((code) => [...validation].filter((row) => codes[row] === code).length);
    expect(counts).toEqual([38, 17, 31]);
  });

  test('takes the same part of each tenth of a regression’s range', () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => (i * 37) % 100);
    const { validation } = splitRows({ task: 'regression', values }, 0.2, 1);
    const tenths = [...validation].map((row) => Math.floor(values[row]! / 10)).sort((a, b) => a - b);
    expect(tenths).toEqual(Array.from({ length: 20 }, (_, i) => Math.floor(i / 2)));
  });

  test('depends on the seed and on nothing else', () => {
    const codes = Array.from({ length: 60 }, (_, i) => i % 3);
    expect(splitRows(classTarget(codes), 0.3, 5)).toEqual(splitRows(classTarget(codes), 0.3, 5));
    expect(splitRows(classTarget(codes), 0.3, 5)).not.toEqual(splitRows(classTarget(codes), 0.3, 6));
  });
});

describe('splitting rows by group', () => {
  const groups = fc.array(fc.integer({ min: -1, max: 6 }), { minLength: 2, maxLength: 100 });
  const split = (codes: readonly number[], fraction: number, seed = 1) =>
    splitRows(classTarget(codes.map(() => 0)), fraction, seed, { by: 'group', values: Int32Array.from(codes) });

  test('puts no group on both sides, and never all rows into validation', () => {
    fc.assert(
      fc.property(groups, fc.double({ min: 0, max: 0.9, noNaN: true }), fc.integer(), (codes, fraction, seed) => {
        const { training, validation } = split(codes, fraction, seed);
        expect([...training, ...validation].sort((a, b) => a - b)).toEqual(codes.map((_, row) => row));
        const taken = new Set([...validation].map((row) => codes[row]!).filter((group) => group >= 0));
        for (const row of training) expect(taken.has(codes[row]!)).toBe(false);
        expect(training.length).toBeGreaterThan(0);
      }),
      { seed: 2026 },
    );
  });

  test('comes near to the fraction, and depends on the seed', () => {
    const codes = Array.from({ length: 1000 }, (_, i) => i % 50);
    expect(split(codes, 0.2).validation).toHaveLength(200);
    expect(split(codes, 0.2, 1)).not.toEqual(split(codes, 0.2, 2));
  });
});

test('splitting rows by time keeps the latest for validation, whatever the order of the file', () => {
  const times = Float64Array.of(5, 1, Number.NaN, 4, 2, 3, 5, 0, 1, 2);
  const { training, validation } = splitRows(classTarget(new Array(10).fill(0)), 0.3, 1, { by: 'time', values: times });
  expect([...validation]).toEqual([0, 3, 6]);
  expect(training).toHaveLength(7);
});
