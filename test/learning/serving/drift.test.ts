import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ServedFeature, Serving } from '#learning/serving/description.ts';
import { Drift, stabilityIndex } from '#learning/serving/drift.ts';
import type { Cell } from '#learning/serving/input.ts';
import type { Reference } from '#learning/serving/reference.ts';

const SERVING: Serving = {
  ...{ format: 1, task: 'regression', target: 'y', classes: [] },
  features: [
    { name: 'mass', type: 'number', input: 'mass' },
    { name: 'island', type: 'category', input: 'island' },
  ],
};
const REFERENCE: Reference = {
  format: 1,
  features: [
    { name: 'mass', typical: 2, missing: 0.1, bins: { edges: [1, 3], shares: [0.25, 0.5, 0.25] } },
    {
      name: 'island',
      typical: 'Biscoe',
      missing: 0,
      words: [
        { value: 'Biscoe', share: 0.6 },
        { value: 'Dream', share: 0.4 },
      ],
    },
  ],
};

const found = (rows: readonly (readonly Cell[])[], reference: Reference | undefined = REFERENCE) => {
  const drift = new Drift(SERVING, reference);
  drift.add(rows);
  return drift.features;
};
/** So many of each row. */
const times = (count: number, ...rows: (readonly Cell[])[]) => rows.flatMap((row) => new Array(count).fill(row));

describe('drift', () => {
  test('is 0 for rows that are distributed as the training data are', () => {
    const mass = [0, 1, 2.9, 3];
    const rows = times(50, ...mass.map((value) => [value, 'Biscoe'])).map(([value], i) => [
      value,
      i % 5 < 3 ? 'Biscoe' : 'Dream',
    ]);
    const [numbers, words] = found(rows);
    expect([numbers!.psi, numbers!.status]).toEqual([0, 'stable']);
    expect([words!.psi, words!.status]).toEqual([expect.closeTo(0, 10), 'stable']);
  });

  test('is the population stability index, whose thresholds say what it means', () => {
    // (0.5 − 0.25) · ln 2 + 0 + (0.25 − 0.5)… by hand: shares 0.5, 0.25, 0.25.
    const rows = [...times(100, [0, 'Biscoe']), ...times(50, [2, 'Biscoe'], [4, 'Biscoe'])];
    const [numbers] = found(rows);
    expect(numbers!.psi).toBeCloseTo(0.25 * Math.log(2) + -0.25 * Math.log(0.5), 10);
    expect(numbers!.status).toBe('significant');
    expect(numbers!.bins).toEqual([
      { bin: '< 1', expected: 0.25, actual: 0.5 },
      { bin: '1 to 3', expected: 0.5, actual: 0.25 },
      { bin: '≥ 3', expected: 0.25, actual: 0.25 },
    ]);
    const slightly = [...times(80, [0, 'Biscoe']), ...times(70, [2, 'Biscoe']), ...times(50, [4, 'Biscoe'])];
    expect(found(slightly)[0]!.status).toBe('moderate');
  });

  test('says which words are new, and how many values are missing', () => {
    const rows = [...times(60, [2, 'Biscoe']), ...times(30, [null, 'Dream']), ...times(20, [2, 'Gough'])];
    const [numbers, words] = found(rows);
    expect(numbers).toMatchObject({ values: 80, missing: 30 / 110, reference_missing: 0.1, status: 'too_few_values' });
    expect(words).toMatchObject({ new_values: [{ value: 'Gough', count: 20 }], new_share: 20 / 110 });
    expect(words!.bins.at(-1)).toEqual({ bin: 'other', expected: 0, actual: 20 / 110 });
  });

  test.each<[string, Pick<ServedFeature, 'type' | 'format'>, [string, Cell[]], [string, Cell[]]]>([
    ['truth values', { type: 'boolean' }, ['yes', ['yes', 'Y', true]], ['no', ['no', 'FALSE', false]]],
    ['truth values of pandas', { type: 'boolean' }, ['True', ['True', 'true']], ['False', ['False', false]]],
    ['German truth values', { type: 'boolean' }, ['ja', ['ja', 'Ja']], ['nein', ['nein', ' NEIN ']]],
    [
      'truth values as a category',
      { type: 'category', format: { words: 'boolean' } },
      ['Y', ['Y', 'y', true]],
      ['N', ['n', false]],
    ],
    [
      'numbers as a category',
      { type: 'category', format: { words: 'number' } },
      ['1.0', [1, '1', '1.00']],
      ['2.5', [2.5, '2.50']],
    ],
    [
      'numbers with a comma',
      { type: 'category', format: { words: 'number', decimal: ',' } },
      ['1,0', [1, '1', '1,00']],
      ['2,5', [2.5, '2,50']],
    ],
  ])('counts every spelling of %s as the word of the data', (_, type, [one, spellings], [other, otherSpellings]) => {
    const drift = new Drift(
      { ...SERVING, features: [{ name: 'f', input: 'f', ...type }] },
      {
        format: 1,
        features: [
          {
            ...{ name: 'f', typical: one, missing: 0 },
            words: [
              { value: one, share: 0.5 },
              { value: other, share: 0.5 },
            ],
          },
        ],
      },
    );
    for (const cells of [spellings, otherSpellings]) {
      drift.add(Array.from({ length: 60 }, (__, at) => [cells[at % cells.length]!]));
    }
    expect(drift.features).toMatchObject([
      {
        ...{ status: 'stable', psi: 0, new_values: [], new_share: 0 },
        bins: [
          { bin: one, expected: 0.5, actual: 0.5 },
          { bin: other, expected: 0.5, actual: 0.5 },
        ],
      },
    ]);
  });

  test('counts spellings that a reference of an earlier build has apart as one word', () => {
    const words = ['Yes', 'yes', 'no'].map((value, at) => ({ value, share: [0.25, 0.25, 0.5][at]! }));
    const drift = new Drift(
      { ...SERVING, features: [{ name: 'f', input: 'f', type: 'boolean' }] },
      { format: 1, features: [{ name: 'f', typical: 'no', missing: 0, words }] },
    );
    drift.add(times(60, ['yes'], ['no']));
    expect(drift.features[0]).toMatchObject({
      psi: 0,
      bins: [
        { bin: 'Yes', expected: 0.5, actual: 0.5 },
        { bin: 'no', expected: 0.5, actual: 0.5 },
      ],
    });
  });

  test('is unknown without a reference, and of nothing', () => {
    expect(found(times(200, [2, 'Biscoe']), { format: 1, features: [] })).toMatchObject([
      { status: 'no_reference', psi: null, values: 200, bins: [] },
      { status: 'no_reference', psi: null },
    ]);
    expect(found([])).toMatchObject([{ status: 'too_few_values', psi: null, missing: 0 }, {}]);
  });

  test('is never negative, and the same seen from either side', () => {
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(shares, shares, (expected, actual) => {
        const bins = expected.map((share, i) => ({ expected: share, actual: actual[i]! }));
        const turned = bins.map(({ expected: e, actual: a }) => ({ expected: a, actual: e }));
        expect(stabilityIndex(bins)).toBeGreaterThanOrEqual(0);
        expect(stabilityIndex(turned)).toBeCloseTo(stabilityIndex(bins), 9);
      }),
    );
  });
});
