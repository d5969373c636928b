/** Numbers that are summarised together give what they give one by one. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BLOCK, Kernels } from '#learning/kernels/kernels.ts';
import { allocate, newSharedMemory } from '#learning/kernels/shared-memory.ts';
import { DistinctCount } from '#learning/profile/distinct.ts';
import { Moments } from '#learning/profile/moments.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { QuantileSketch } from '#learning/profile/quantiles.ts';
import { hashOfNumber } from '#learning/values/hash.ts';
import { chunked } from '../chunks.ts';
import { inDictionaries, type Rows, type Value, writers } from '../files/written.ts';

const VALUES = Float64Array.from({ length: 200_000 }, (_, i) => ((i * 7919) % 100_003) / 8);
/** Where the pieces end in which they are added. */
const pieces = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 20 });

function inPieces(lengths: readonly number[], add: (values: Float64Array, length: number) => void): void {
  for (let at = 0, i = 0; at < VALUES.length; i++) {
    const length = Math.min(lengths[i % lengths.length]!, VALUES.length - at);
    add(VALUES.subarray(at), length);
    at += length;
  }
}

describe('a summary of numbers in pieces of any length is that of the numbers one by one', () => {
  test.each([
    [
      'moments',
      () => new Moments(),
      (of: Moments, value: number) => of.add(value),
      (of: Moments, values: Float64Array, length: number) => of.addAll(values, length),
    ],
    [
      'quantiles',
      () => new QuantileSketch(),
      (of: QuantileSketch, value: number) => of.add(value),
      (of: QuantileSketch, values: Float64Array, length: number) => of.addAll(values, length),
    ],
    [
      'distinct values',
      () => new DistinctCount(),
      (of: DistinctCount, value: number) => of.add(hashOfNumber(value)),
      (of: DistinctCount, values: Float64Array, length: number) => of.addNumbers(values, length),
    ],
  ] as const)('%s', (_, make, addOne, addAll) => {
    const one = make();
    for (const value of VALUES) addOne(one as never, value);
    fc.assert(
      fc.property(pieces, (lengths) => {
        const found = make();
        inPieces(lengths, (values, length) => addAll(found as never, values, length));
        expect(found.state).toEqual(one.state);
      }),
      { seed: 2026, numRuns: 5 },
    );
  });
});

test('distinct values among which kernels look are those without kernels', () => {
  const memory = newSharedMemory()!;
  const kernels = new Kernels(memory);
  const { buffer, at } = allocate(memory, BLOCK * Float64Array.BYTES_PER_ELEMENT);
  const values = new Float64Array(buffer, at, BLOCK);
  const [found, wanted] = [new DistinctCount(), new DistinctCount()];
  inPieces([BLOCK, 1, 37], (some, length) => {
    values.set(some.subarray(0, length));
    found.addNumbers(values, length, kernels);
    wanted.addNumbers(some, length);
    expect(found.count).toBe(wanted.count);
  });
  expect(found.state).toEqual(wanted.state);
  expect(found.estimated).toBe(true);
});

const CELLS: Readonly<Record<string, (i: number) => Value>> = {
  'numbers with a point': (i) => ((i * 7919) % 5003) / 16 + 1 / 32,
  'numbers of three digits behind the point': (i) => 1 + ((i * 7919) % 5003) / 1000,
  'whole numbers': (i) => (i * 7919) % 100_003,
  'few numbers': (i) => (i * 31) % 97,
  'many numbers that come again': (i) => ((i * 7919) % 1501) / 4 + 1 / 8,
  'whole numbers that come again': (i) => ((i * 7919) % 1501) - 700,
  'numbers that come again, of which some are missing': (i) => (i % 11 === 3 ? null : ((i * 7919) % 1501) / 4 + 1 / 8),
  'very large and very small numbers that come again': (i) => [1e20, 1e-9, 0.5, -2.5, 0.25][(i * 7) % 5]!,
  'numbers, of which some are missing': (i) => (i % 11 === 3 ? null : ((i * 7919) % 5003) / 4 + 1 / 8),
  'numbers among which are words': (i) => (i % 500 === 40 ? 'about ten' : ((i * 7919) % 5003) / 4 + 1 / 8),
  'numbers as text among which are words': (i) => (i % 50 === 40 ? `no ${i}` : `${((i * 7919) % 1501) / 4}`),
  'very large and very small numbers': (i) => (i % 3 === 0 ? 1e20 * (i + 1) : i % 3 === 1 ? 1e-9 * (i + 1) : i + 0.5),
  times: (i) => new Date(1.6e12 + 61_000 * i).toISOString(),
  'times that come again, of which some are missing': (i) =>
    i % 13 === 5 ? null : new Date(1.6e12 + 60_000 * ((i * 7919) % 4001)).toISOString().slice(0, 19),
  'times among which are words': (i) =>
    i > 4000 && i % 500 === 40 ? 'soon' : new Date(1.6e12 + 61_000 * i).toISOString().replace('T', ' ').slice(0, 19),
  'words that become rare': (i) => (i < 2000 ? `w${i}` : `w${i % 7}`),
  'numbers that become words': (i) => (i < 3000 ? `${i}` : 'none'),
  'few words': (i) => ['red', 'green', ' blue', 'NA'][(i * 7) % 4]!,
  codes: (i) => String((i * 7919) % 3001).padStart(5, '0'),
};
const ROWS = 6000;

describe('a column has the same profile in chunks of any size', () => {
  test.each(Object.entries(CELLS))('of %s', async (_, cell) => {
    const table: Rows = {
      header: ['n', 'x', 'y'],
      rows: Array.from({ length: ROWS }, (__, i) => [i / 2, cell(i), i % 3 ? 'u' : 'v']),
    };
    const csv = writers.csv(table);
    const [whole, ...others] = await Promise.all(
      [csv.length, 4096, 301].map((size) => profileCsv(chunked(csv, size), { task: 'auto' })),
    );
    for (const other of others) expect(other).toEqual(whole);
  });
});

describe('and in Parquet', () => {
  test.each(
    [
      'numbers with a point',
      'numbers of three digits behind the point',
      'whole numbers',
      'few numbers',
      'few words',
      'numbers that become words',
      'numbers as text among which are words',
      'times',
      'times that come again, of which some are missing',
      'times among which are words',
      'many numbers that come again',
      'whole numbers that come again',
      'numbers that come again, of which some are missing',
      'very large and very small numbers that come again',
    ].map((name) => [name, CELLS[name]!] as const),
  )('of %s', async (_, cell) => {
    const table: Rows = {
      header: ['n', 'x', 'y'],
      rows: Array.from({ length: ROWS }, (__, i) => [`w${i}`, cell(i), i % 3 ? 'u' : 'v']),
    };
    const [inText, ...typed] = await Promise.all(
      [writers.csv, writers.parquet, inDictionaries].map((write) =>
        profileCsv(chunked(write(table), 2 ** 24), { task: 'auto' }),
      ),
    );
    for (const { columns } of typed) expect(columns).toEqual(inText!.columns);
  });
});
