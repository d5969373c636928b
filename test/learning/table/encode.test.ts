import { describe, expect, test } from '@jest/globals';
import { toNumbers } from '#engine/tensor.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { encodeRows, encodeTarget } from '#learning/table/encode.ts';
import { fitEncoder, widthOf } from '#learning/table/encoder.ts';
import { loadRows } from '#learning/table/load.ts';
import { fitTarget } from '#learning/table/target.ts';
import { chunked } from '../chunks.ts';

const FILE = `n,full,c,t,when,note,y
1,10,red,yes,2024-01-01,${'x'.repeat(300)},a
3,20,green,no,2024-01-03,b,b
NA,30,red,NA,2024-01-05,c,a
5,40,NA,yes,2024-01-07,d,b
9,50,blue,no,NA,e,
7,60,blue,yes,2024-01-09,f,a
`;

const load = async (text = FILE, target = 'y') => {
  const profile = await profileCsv(chunked(text), { task: 'auto', target });
  return { profile, rows: await loadRows(chunked(text), profile) };
};
/** The first four rows that have a target; the fifth has a word and nothing missing that they do not have. */
const TRAINING = Int32Array.of(0, 1, 2, 3);

describe('loading rows', () => {
  test('leaves out text columns and rows without a target', async () => {
    const { rows } = await load();
    expect(rows.count).toBe(5);
    expect(rows.leftOut).toEqual(['note']);
    expect(rows.columns.map(({ name, type }) => [name, type])).toEqual([
      ['n', 'number'],
      ['full', 'number'],
      ['c', 'category'],
      ['t', 'boolean'],
      ['when', 'timestamp'],
    ]);
    expect(rows.target).toMatchObject({ classes: ['a', 'b'], values: Int32Array.of(0, 1, 0, 1, 0) });
  });

  test('orders classes that are numbers by number', async () => {
    const text = `a,y\n${[10, 9, 2, 10, 9, 2].map((y, i) => `${i},${y}`).join('\n')}\n`;
    expect((await load(text)).rows.target).toMatchObject({ classes: ['2', '9', '10'] });
  });

  test('refuses another file', async () => {
    const { profile } = await load();
    await expect(loadRows(chunked(FILE.replace('10,red', '11,red')), profile)).rejects.toThrow('have changed');
  });
});

test('rows of several blocks are encoded each by itself, in the order that is asked for', async () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `${i % 3 === 0 ? '' : i},${i * 2},${i % 2}`);
  const { rows } = await load(`a,b,y\n${lines.join('\n')}\n`);
  const encoder = fitEncoder(
    rows,
    Int32Array.from({ length: 5000 }, (_, i) => i),
  );
  const which = Int32Array.from({ length: 5000 }, (_, i) => 4999 - i);
  const all = toNumbers(encodeRows(rows, encoder, which).dense!);
  for (const at of [0, 1, 2047, 2048, 2049, 4095, 4096, 4999]) {
    const alone = toNumbers(encodeRows(rows, encoder, which.subarray(at, at + 1)).dense!);
    expect(all.slice(at * alone.length, (at + 1) * alone.length)).toEqual(alone);
  }
});

describe('the encoder', () => {
  test('learns from the training rows alone', async () => {
    const { rows } = await load();
    const { features } = fitEncoder(rows, TRAINING);
    expect(features).toEqual([
      { name: 'n', type: 'number', mean: 3, deviation: Math.sqrt(8 / 3), missing: true },
      { name: 'full', type: 'number', mean: 25, deviation: Math.sqrt(125), missing: false },
      { name: 'c', type: 'category', words: ['green', 'red'], missing: true },
      { name: 't', type: 'boolean', words: ['false', 'true'], missing: true },
      {
        name: 'when',
        type: 'timestamp',
        mean: Date.UTC(2024, 0, 4),
        deviation: Math.sqrt(5) * 86_400_000,
        missing: false,
      },
    ]);
  });

  test('makes standardised numbers, indicators of what is missing, and codes', async () => {
    const { rows } = await load();
    const encoder = fitEncoder(rows, TRAINING);
    const { dense, codes } = encodeRows(rows, encoder, Int32Array.of(0, 2, 4));
    const [d, e, f] = [Math.sqrt(8 / 3), Math.sqrt(125), Math.sqrt(5)];
    expect(dense!.shape).toEqual([3, 4]);
    const expected = [-2 / d, -15 / e, -3 / f, 0, 0, 5 / e, 1 / f, 1, 4 / d, 35 / e, 5 / f, 0];
    for (const [i, value] of toNumbers(dense!).entries()) expect(value).toBeCloseTo(expected[i]!, 6);
    // red, yes; red, missing; blue (never seen: the place after all others), yes
    expect(toNumbers(codes!)).toEqual([1, 1, 1, 2, 3, 1]);
    expect(widthOf(encoder)).toBe(4 + 3 + 3);
  });

  test('takes a constant column as it is', async () => {
    const { rows } = await load('n,m,y\n5,1,a\n5,2,b\n5,3,a\n5,4,b\n');
    const [constant] = fitEncoder(rows, TRAINING).features;
    expect(constant).toMatchObject({ mean: 5, deviation: 1 });
  });

  test('standardises the target of a regression by its training rows', async () => {
    const { rows } = await load('n,y\n1,10.5\n2,20.5\n3,30.5\n4,40.5\n5,99.5\n');
    const scale = fitTarget(rows.target, TRAINING);
    expect(scale).toEqual({ mean: 25.5, deviation: Math.sqrt(125) });
    expect(toNumbers(encodeTarget(rows.target, scale, Int32Array.of(4)).y!)[0]).toBeCloseTo(74 / Math.sqrt(125), 6);
  });
});
