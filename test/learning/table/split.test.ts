import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expectEnough, type Split, splitRows } from '#learning/table/split.ts';
import type { Fractions } from '#learning/table/split-sizes.ts';

const classTarget = (codes: number[]) => ({
  task: 'classification' as const,
  classes: ['a', 'b', 'c'],
  values: Int32Array.from(codes),
});

/** Of which at most 0.9 is kept back. */
const share = fc.double({ min: 0, max: 0.9, noNaN: true });
const fractions = fc.record({ validation: share, test: share }).map(({ validation, test }) => {
  const scale = 0.9 / Math.max(0.9, validation + test);
  return { validation: validation * scale, test: test * scale };
});

const rowsOf = ({ training, validation, test }: Split): number[] =>
  [...training, ...validation, ...test].sort((a, b) => a - b);

/** As `_approximate_mode` of scikit-learn's `StratifiedShuffleSplit` divides: within one row of the proportion. */
const expectProportion = (count: number, size: number, wanted: number, total: number) => {
  const share = (size * wanted) / total;
  expect(count).toBeGreaterThanOrEqual(Math.floor(share + 1e-9));
  expect(count).toBeLessThanOrEqual(Math.ceil(share - 1e-9));
};

describe('splitting rows', () => {
  test('keeps every row once, and a row of each class for training', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 200 }),
        fractions,
        fc.integer(),
        (codes, fraction, seed) => {
          const split = splitRows(classTarget(codes), fraction, seed);
          expect(rowsOf(split)).toEqual(codes.map((_, row) => row));
          for (const code of new Set(codes)) expect([...split.training].some((row) => codes[row] === code)).toBe(true);
        },
      ),
      { seed: 2026 },
    );
  });

  test('counts as scikit-learn does: fractions are rounded up, and each class has its part', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 20, max: 90 }), { minLength: 1, maxLength: 3 }),
        fractions.filter((of) => of.validation + of.test <= 0.8),
        fc.integer(),
        (sizes, fraction, seed) => {
          const codes = sizes.flatMap((size, code) => new Array<number>(size).fill(code));
          const split = splitRows(classTarget(codes), fraction, seed);
          for (const side of ['validation', 'test'] as const) {
            const wanted = Math.ceil(codes.length * fraction[side]);
            expect(split[side]).toHaveLength(wanted);
            for (const [code, size] of sizes.entries()) {
              const count = [...split[side]].filter((row) => codes[row] === code).length;
              expectProportion(count, size, wanted, codes.length);
            }
          }
        },
      ),
      { seed: 2026 },
    );
  });

  // Counted with scikit-learn 1.9: len(train_test_split(range(rows), test_size=fraction)[1]).
  test.each([
    [344, 0.2, 69],
    [10, 0.25, 3],
    [150, 0.1, 15],
    [7, 0.5, 4],
    [345, 0.2, 69],
    [3, 0.01, 1],
  ] as const)('of %p rows, %p are %p rows', (rows, fraction, expected) => {
    const codes = new Array<number>(rows).fill(0);
    expect(splitRows(classTarget(codes), { validation: 0, test: fraction }, 1).test).toHaveLength(expected);
    expect(splitRows(classTarget(codes), { validation: fraction }, 1).validation).toHaveLength(expected);
  });

  test('takes the same part of each class', () => {
    const codes = [...new Array(152).fill(0), ...new Array(68).fill(1), ...new Array(124).fill(2)];
    const { validation, test } = splitRows(classTarget(codes), { validation: 0.25, test: 0.25 }, 1);
    for (const side of [validation, test]) {
      const counts = [0, 1, 2].map((code) => [...side].filter((row) => codes[row] === code).length);
      expect(counts).toEqual([38, 17, 31]);
    }
  });

  test('takes what small classes cannot give from the others', () => {
    const codes = [0, 0, 0, 0, 0, 0, 0, 0, 1, 2];
    const { validation } = splitRows(classTarget(codes), { validation: 0.5 }, 1);
    expect([...validation].map((row) => codes[row])).toEqual([0, 0, 0, 0, 0]);
  });

  test('takes the same part of each tenth of a regression’s range', () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => (i * 37) % 100);
    const { validation, test } = splitRows({ task: 'regression', values }, { validation: 0.2, test: 0.1 }, 1);
    const tenths = (side: Int32Array) => [...side].map((row) => Math.floor(values[row]! / 10)).sort((a, b) => a - b);
    expect(tenths(validation)).toEqual(Array.from({ length: 20 }, (_, i) => Math.floor(i / 2)));
    expect(tenths(test)).toEqual(Array.from({ length: 10 }, (_, i) => i));
  });

  test('depends on the seed and on nothing else', () => {
    const target = classTarget(Array.from({ length: 60 }, (_, i) => i % 3));
    const split = (seed: number) => splitRows(target, { validation: 0.3, test: 0.1 }, seed);
    expect(split(5)).toEqual(split(5));
    expect(split(5)).not.toEqual(split(6));
  });
});

describe('splitting rows at random', () => {
  test('has nothing to do with their targets, and sizes as scikit-learn counts them', () => {
    const codes = Array.from({ length: 1000 }, (_, i) => i % 2);
    const split = (target: Parameters<typeof splitRows>[0], seed: number) =>
      splitRows(target, { validation: 0.2, test: 0.1, isRandom: true }, seed);
    const found = split(classTarget(codes), 1);
    expect(rowsOf(found)).toEqual(codes.map((_, row) => row));
    expect([found.training.length, found.validation.length, found.test.length]).toEqual([700, 200, 100]);
    expect(split(classTarget(codes.map(() => 0)), 1)).toEqual(found);
    const ones = Array.from({ length: 20 }, (_, seed) => [...split(classTarget(codes), seed).validation]).map(
      (rows) => rows.filter((row) => codes[row] === 1).length,
    );
    expect(new Set(ones).size).toBeGreaterThan(5);
  });
});

describe('splitting rows by group', () => {
  const groups = fc.array(fc.integer({ min: -1, max: 6 }), { minLength: 2, maxLength: 100 });
  const split = (codes: readonly number[], of: Fractions, seed = 1) =>
    splitRows(classTarget(codes.map(() => 0)), of, seed, { by: 'group', values: Int32Array.from(codes) });

  test('puts no group on two sides, and never all rows aside', () => {
    fc.assert(
      fc.property(groups, fractions, fc.integer(), (codes, fraction, seed) => {
        const found = split(codes, fraction, seed);
        expect(rowsOf(found)).toEqual(codes.map((_, row) => row));
        const sides = [found.training, found.validation, found.test].map(
          (rows) => new Set([...rows].map((row) => codes[row]!).filter((group) => group >= 0)),
        );
        expect(sides[0]!.intersection(sides[1]!).size + sides[0]!.intersection(sides[2]!).size).toBe(0);
        expect(sides[1]!.intersection(sides[2]!).size).toBe(0);
        expect(found.training.length).toBeGreaterThan(0);
      }),
      { seed: 2026 },
    );
  });

  test('counts groups, as scikit-learn’s GroupShuffleSplit does, and depends on the seed', () => {
    const codes = Array.from({ length: 1000 }, (_, i) => i % 49);
    const groupsOf = (rows: Int32Array) => new Set([...rows].map((row) => codes[row])).size;
    const found = split(codes, { validation: 0.2, test: 0.1 });
    expect([groupsOf(found.validation), groupsOf(found.test), groupsOf(found.training)]).toEqual([10, 5, 34]);
    expect(split(codes, { validation: 0.2 }, 1)).not.toEqual(split(codes, { validation: 0.2 }, 2));
  });

  test('with fewer groups than sides there is no split', () => {
    const of = { validation: 0.2, test: 0.2 };
    const by = { by: 'group', values: Int32Array.of(0, 0, 0, 1, 1) } as const;
    expect(() => expectEnough(split([...by.values], of), of, by)).toThrow(
      'There must be at least 3 groups, of which some are kept back for the test; got 2',
    );
    const three = { by: 'group', values: Int32Array.of(0, 0, 1, 1, 2, 2) } as const;
    expectEnough(split([...three.values], of), of, three);
  });
});

test('splitting rows by time keeps the latest for the test and those before for validation, whatever the order of the file', () => {
  const times = Float64Array.of(5, 1, Number.NaN, 4, 2, 3, 5, 0, 1, 2);
  const by = { by: 'time', values: times } as const;
  const target = classTarget(new Array(10).fill(0));
  expect([...splitRows(target, { validation: 0.3 }, 1, by).validation]).toEqual([0, 3, 6]);
  const { training, validation, test } = splitRows(target, { validation: 0.25, test: 0.15 }, 1, by);
  expect([...test]).toEqual([0, 6]);
  expect([...validation]).toEqual([3, 5, 9]);
  expect(training).toHaveLength(5);
});
