import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { datasetProfile } from '#domain/datasets/profile.ts';
import { DistinctCount } from '#learning/profile/distinct.ts';
import { Moments } from '#learning/profile/moments.ts';
import { type ProfileOptions, profileCsv } from '#learning/profile/profile.ts';
import { hashOfNumber } from '#learning/values/hash.ts';
import { parseNumber } from '#learning/values/number.ts';
import { parseTime } from '#learning/values/time.ts';
import { parseBoolean } from '#learning/values/truth.ts';
import { chunked, faults } from '../chunks.ts';

const PENGUINS = new URL('../../../infra/embedded/demo/penguins.csv', import.meta.url);

const profile = (text: string, options: Partial<ProfileOptions> = {}) =>
  profileCsv(chunked(text), { task: 'auto', ...options });
const column = async (values: string[]) =>
  (await profile(`c,y\n${values.map((value, i) => `${value},${i % 2}`).join('\n')}\n`)).columns[0]!;

describe('the profile of unlabelled data', () => {
  test('has no target and no task, and every column may be a feature', async () => {
    const text = `x,kind,y\n${Array.from({ length: 30 }, (_, i) => `${i},${'uv'[i % 2]},7`).join('\n')}\n`;
    const found = datasetProfile.parse(
      await profileCsv(chunked(text), { task: 'auto', parsing: { unlabelled: true } }),
    );
    expect(found).toMatchObject({ rows: 30, target: '', features: ['x', 'kind', 'y'], rows_without_target: 30 });
    expect([found.task, found.classes]).toEqual([undefined, undefined]);
    expect(found.columns.map(({ role }) => role)).toEqual(['feature', 'feature', 'feature']);
    // The same file is refused as one to learn from: its last column has one value.
    await expect(profileCsv(chunked(text), { task: 'classification' })).rejects.toMatchObject({
      details: [{ field: 'target' }],
    });
  });
});

describe('the penguins', () => {
  test('have the counts that their authors published', async () => {
    const found = await profileCsv(createReadStream(PENGUINS), { target: 'species', task: 'auto' });
    expect(datasetProfile.parse(found)).toEqual(found);
    expect(found).toMatchObject({ rows: 344, target: 'species', task: 'classification', rows_without_target: 0 });
    expect(found.classes).toEqual([
      { value: 'Adelie', count: 152 },
      { value: 'Gentoo', count: 124 },
      { value: 'Chinstrap', count: 68 },
    ]);
    expect(found.columns.map(({ name, type, missing }) => [name, type, missing])).toEqual([
      ['species', 'category', 0],
      ['island', 'category', 0],
      ['bill_length_mm', 'number', 2],
      ['bill_depth_mm', 'number', 2],
      ['flipper_length_mm', 'number', 2],
      ['body_mass_g', 'number', 2],
      ['sex', 'category', 11],
      ['year', 'number', 0],
    ]);
    expect(found.columns[5]).toMatchObject({ min: 2700, max: 6300, distinct: 94 });
    expect(found.columns[5]!.mean).toBeCloseTo(4201.754, 3);
    expect(found.sha256).toBe(createHash('sha256').update(readFileSync(PENGUINS)).digest('hex'));
  });
});

describe('the type of a column', () => {
  test.each([
    ['number', ['1', '-2.5', '1e3', 'NA']],
    ['boolean', ['true', 'False', '', 'TRUE']],
    ['boolean', ['yes', 'no', 'yes', 'no']],
    ['timestamp', ['2024-01-31', '2024-02-29T12:00:00Z', 'null', '2024-03-01 00:00']],
    ['category', ['a', 'b', 'a', '1']],
    ['category', ['yes', 'true', 'no', 'yes']],
    ['category', ['2024-02-30', '2024-02-01', '2024-02-01', 'x']],
    ['text', ['x'.repeat(257), 'y', 'y', 'z']],
    ['text', ['NA', '', '?', '-']],
  ])('is %s', async (type, values) => {
    // A second column of numbers, so that there is always something to learn from.
    const found = await profile(`c,n,y\n${values.map((value, i) => `${value},${i},${i % 2}`).join('\n')}\n`);
    expect(found.columns[0]!.type).toBe(type);
  });

  test('is text where there are many different values, and the estimate of their number is near', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `name-${i},${i},${i % 2}`);
    const found = await profile(`c,n,y\n${rows.join('\n')}\n`);
    expect(found.columns[0]).toMatchObject({ type: 'text', distinct_estimated: true });
    expect(Math.abs(found.columns[0]!.distinct / 20_000 - 1)).toBeLessThan(0.1);
  });

  test('counts the values of a category, the most frequent first', async () => {
    expect((await column(['b', 'a', 'b', 'NA', 'c'])).top_values).toEqual([
      { value: 'b', count: 2 },
      { value: 'a', count: 1 },
      { value: 'c', count: 1 },
    ]);
  });

  test('gives times in epoch milliseconds', async () => {
    expect(await column(['1970-01-02', '1970-01-04'])).toMatchObject({ min: 86_400_000, mean: 172_800_000 });
  });
});

describe('the target', () => {
  const header = async (text: string, options: Partial<ProfileOptions> = {}) =>
    (await profile(`${text}\n1,2,3\n1,3,4\n2,2,3\n2,3,4\n`, options)).target;

  test('is the column asked for, else one with a usual name, else the last', async () => {
    expect(await header('a,b,c', { target: 'b' })).toBe('b');
    expect(await header('y,Label,c')).toBe('Label');
    expect(await header('a,Y,c')).toBe('Y');
    expect(await header('a,b,c')).toBe('c');
  });

  test.each([
    ['a,y\n1,1.5\n2,2.5\n', 'regression'],
    ['a,y\n1,0\n2,1\n3,0\n4,1\n', 'classification'],
    ['a,y\n1,1\n2,2\n3,3\n4,4\n', 'regression'],
    ['a,y\n1,x\n2,z\n', 'classification'],
  ])('of %j makes it a %s', async (text, task) => {
    expect((await profile(text)).task).toBe(task);
  });

  test.each([
    [
      'a\n1\n2\n',
      {},
      'file: must have between 2 and 2000 columns, a feature and the target at least; got 1: cells of CSV are separated by comma, semicolon, tab or |',
    ],
    ['a,y\n1,x\n2,x\n', {}, 'target: column "y" must have between 2 and 1000 classes; got 1: "x"'],
    [
      'a,y\n1,1.5\n2,x\n',
      { task: 'regression' as const },
      'target: column "y" must be numeric for regression; got "x" in row 2, and 1 of 2 values are no numbers',
    ],
    ['a,y\n1,NA\n2,?\n', {}, 'target: column "y" must have values; got 2 rows without one'],
    ['a,b\n1,2\n', { target: 'z' }, 'target: must be one of the columns "a", "b"; got "z"'],
    [
      `a,y\n${Array.from({ length: 1001 }, (_, i) => `1,c${i}\n`).join('')}`,
      { task: 'classification' as const },
      'target: column "y" must have between 2 and 1000 classes of at most 256 characters; got 1001',
    ],
    [
      'a,y\n,1\n,0\n,1\n,0\n',
      {},
      'file: must have at least 1 feature of numbers, categories, truth values or times, or 1 of text; got 1, all text, empty or left out',
    ],
  ])('%j is judged', async (text, options, expected) => {
    expect(await faults(() => profile(text, options))).toEqual([expected]);
  });

  test('that is constant cannot be regressed', async () => {
    expect(await faults(() => profile('a,y\n1,5\n2,5.0\n', { task: 'regression' }))).toEqual([
      'target: column "y" must have at least 2 different values for regression; got 1: 5',
    ]);
  });
});

describe('values', () => {
  test('numbers are decimal and finite', () => {
    expect(['1', '+1.5', '.5', '5.', '-1e-3'].map((cell) => parseNumber(cell))).toEqual([1, 1.5, 0.5, 5, -0.001]);
    for (const odd of ['', '1,5', '0x10', '1e999', 'Infinity', '1 2', '1_000']) expect(parseNumber(odd)).toBeNaN();
  });

  test('numbers whose squares no double could sum are none, and those too small for it are 0', () => {
    expect(['1e100', '-1e100', '1e-100', '1e-101', '-1e-400'].map((cell) => parseNumber(cell))).toEqual([
      1e100, -1e100, 1e-100, 0, 0,
    ]);
    for (const huge of ['1.1e100', '-1e300']) expect(parseNumber(huge)).toBeNaN();
  });

  test('however large or small they are, the profile can be stored and read', async () => {
    const lines = Array.from({ length: 50 }, (_, i) => `${i}e98,${i}e-300,${i}e300,${i}e15`);
    const found = await profile(`a,b,c,y\n${lines.join('\n')}\n`, { task: 'regression' });
    expect(datasetProfile.parse(JSON.parse(JSON.stringify(found)))).toEqual(found);
    expect(found.columns.map(({ type }) => type)).toEqual(['number', 'number', 'category', 'number']);
  });

  test('times exist', () => {
    expect(parseTime('2024-02-29T23:30:00.250+01:30')).toBe(Date.UTC(2024, 1, 29, 22, 0, 0, 250));
    expect(parseTime('2024-02-29 23:30')).toBe(Date.UTC(2024, 1, 29, 23, 30));
    for (const odd of ['2023-02-29', '2024-13-01', '2024-01-01T24:00', '13/13/2024', '2024-1', '20240101']) {
      expect(parseTime(odd)).toBeNaN();
    }
  });

  test('every time that JavaScript writes is read back', () => {
    const within = {
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    };
    fc.assert(
      fc.property(fc.date(within), (date) => {
        fc.pre(date.getUTCFullYear() >= 100);
        expect(parseTime(date.toISOString())).toBe(date.getTime());
      }),
      { seed: 2026 },
    );
  });

  test('a cell that is longer than any number or time is none, whatever stands in it', () => {
    const smallest = `-0.${(5n ** 1074n).toString().padStart(1074, '0')}`;
    expect(smallest).toHaveLength(1077);
    expect(parseNumber(smallest)).toBe(0);
    expect(parseNumber('0'.repeat(1100))).toBe(0);
    expect(parseNumber('0'.repeat(1101))).toBeNaN();
    const longest = '2024-02-29T12:00:00.123456789+00:00';
    expect(parseTime(longest)).toBe(Date.UTC(2024, 1, 29, 12, 0, 0, 123));
    expect(longest).toHaveLength(35);
  });

  test('truth has four pairs of words', () => {
    expect(parseBoolean('Yes')).toEqual({ pair: 1, value: true });
    expect(parseBoolean('maybe')).toBeUndefined();
  });
});

test('the moments are those of the definition', () => {
  const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(numbers, (xs) => {
      const moments = new Moments();
      for (const x of xs) moments.add(x);
      const mean = xs.reduce((sum, x) => sum + x, 0) / xs.length;
      const variance = xs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / xs.length;
      expect(moments.mean).toBeCloseTo(mean, 5);
      expect(moments.standardDeviation).toBeCloseTo(Math.sqrt(variance), 4);
      // Adding 0 makes −0 and 0 the same.
      expect([moments.min + 0, moments.max + 0]).toEqual([Math.min(...xs) + 0, Math.max(...xs) + 0]);
    }),
    { seed: 2026 },
  );
});

test('different values are counted exactly up to 1024', () => {
  const count = new DistinctCount();
  for (let i = 0; i < 3000; i++) count.add(hashOfNumber(i % 1024));
  expect([count.count, count.estimated]).toEqual([1024, false]);
});

test('more of them are estimated, wherever the counting is broken off and goes on', () => {
  const hashes = Array.from({ length: 5000 }, (_, i) => hashOfNumber(i));
  const counted = (some: readonly number[], from = new DistinctCount()) => {
    for (const hash of some) from.add(hash);
    return from;
  };
  const whole = counted(hashes);
  expect([Math.abs(whole.count - 5000) < 500, whole.estimated]).toEqual([true, true]);
  for (const cut of [1, 1024, 1025, 1500, 2048, 4000]) {
    const begun = counted(hashes.slice(0, cut));
    expect([cut, begun.estimated]).toEqual([cut, cut > 1024]);
    const rest = counted(hashes.slice(cut), new DistinctCount(structuredClone(begun.state)));
    expect([cut, rest.state]).toEqual([cut, whole.state]);
  }
});

describe('the scale of a column', () => {
  const scaleOf = (values: readonly number[]) => {
    const moments = new Moments();
    for (const value of values) moments.add(value);
    return moments.scale;
  };

  test('makes numbers of about 1 of whatever differs, however little that is', () => {
    for (const [base, step] of [
      [7e17, 1000],
      [1e15, 1],
      [1, 1e-12],
      [-3e99, 1e90],
      [0, 1e-90],
    ] as const) {
      const values = Array.from({ length: 1000 }, (_, i) => base + ((i * 37) % 1000) * step);
      const { mean, deviation } = scaleOf(values);
      const scaled = values.map((value) => (value - mean) / deviation);
      expect(Math.max(...scaled.map(Math.abs))).toBeLessThan(50);
      expect(Math.max(...scaled) - Math.min(...scaled)).toBeGreaterThan(1.9);
    }
  });

  test('makes numbers of about 1 of two neighbours among the doubles, whose mean is none', () => {
    for (const [base, next] of [
      [1, 1 + 2 ** -52],
      [7e17, 7e17 + 128],
      [-1e15, -1e15 + 0.125],
    ] as const) {
      const { mean, deviation } = scaleOf(Array.from({ length: 1000 }, (_, i) => (i % 2 ? base : next)));
      expect(Math.abs(next - base) / deviation).toBeGreaterThan(1.9);
      expect(Math.abs(next - mean) / deviation).toBeLessThan(50);
    }
  });

  test('makes 0 of equal numbers', () => {
    for (const value of [0, 0.1, 1e100, -123456.789]) {
      const { mean, deviation } = scaleOf(Array.from({ length: 77 }, () => value));
      expect((value - mean) / deviation).toBe(0);
    }
  });
});
