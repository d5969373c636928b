/** Pages of a Parquet column: which rows have a value, and the places of values in a dictionary. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { rowsOf } from '#learning/files/batch.ts';
import { bytesInMemory } from '#learning/files/file-bytes.ts';
import { openParquet } from '#learning/files/parquet.ts';
import { readRuns } from '#learning/files/parquet-runs.ts';

async function readFile(bytes: Buffer): Promise<string[]> {
  const { batches } = await openParquet(bytesInMemory(bytes));
  const found: string[] = [];
  for await (const [x] of rowsOf(batches, 2)) found.push(x!);
  return found;
}

async function read(data: readonly unknown[], type?: 'DOUBLE' | 'STRING'): Promise<string[]> {
  const columnData = [
    { name: 'x', data: [...data], nullable: true, ...(type ? { type } : {}) },
    { name: 'y', data: data.map((_, i) => `${i}`) },
  ];
  return readFile(Buffer.from(parquetWriteBuffer({ columnData })));
}

describe('which rows have a value', () => {
  const of = (has: (i: number) => boolean) => Array.from({ length: 400 }, (_, i) => (has(i) ? i / 2 + 0.25 : null));
  test.each<[string, (i: number) => boolean]>([
    ['all', () => true],
    ['none', () => false],
    ['those of the first half', (i) => i < 200],
    ['those of the second half', (i) => i >= 200],
    ['all but the last', (i) => i < 399],
    ['all but the first', (i) => i > 0],
    ['every other one', (i) => i % 2 === 0],
    ['some here and there', (i) => (i * 7919) % 13 < 5],
  ])('%s', async (_, has) => {
    const data = of(has);
    expect(await read(data, 'DOUBLE')).toEqual(data.map((value) => (value === null ? '' : String(value))));
    const words = data.map((value) => (value === null ? null : `w${value}`));
    expect(await read(words, 'STRING')).toEqual(words.map((word) => word ?? ''));
  });
});

test('a place that the dictionary does not have is damage', async () => {
  const columnData = [
    { name: 'x', data: Array.from({ length: 64 }, (_, i) => (i % 3) + 0.5), encoding: 'RLE_DICTIONARY' },
    { name: 'y', data: Array.from({ length: 64 }, String) },
  ] as const;
  const bytes = Buffer.from(parquetWriteBuffer({ columnData: columnData as never, codec: 'UNCOMPRESSED' }));
  // The places 0, 1, 2, 0, 1, 2 … in two bits each.
  const at = bytes.indexOf(Buffer.from([0x24, 0x49, 0x92, 0x24]));
  expect(at).toBeGreaterThan(0);
  await expect(readFile(bytes)).resolves.toHaveLength(64);
  bytes[at] = 0xff;
  const message =
    'column "x" of the Parquet file is damaged or written in an unknown way: its dictionary has 3 values; a row has value 4 of it';
  await expect(readFile(bytes)).rejects.toMatchObject({ details: [{ message }] });
});

/** Packs numbers of some bits one behind the other, a group of eight at a time. */
function packedBits(values: readonly number[], width: number): number[] {
  const padded = [...values, ...Array<number>((8 - (values.length % 8)) % 8).fill(0)];
  const bits = padded.flatMap((value) => Array.from({ length: width }, (_, bit) => (value >>> bit) & 1));
  return Array.from({ length: bits.length / 8 }, (_, byte) =>
    bits.slice(8 * byte, 8 * byte + 8).reduce((sum, bit, i) => sum | (bit << i), 0),
  );
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

const numbers = fc.integer({ min: 0, max: 25 }).chain((width) => {
  const value = fc.integer({ min: 0, max: 2 ** width - 1 });
  const run = fc.oneof(
    fc.record({ kind: fc.constant('run' as const), value, times: fc.integer({ min: 1, max: 300 }) }),
    fc.record({ kind: fc.constant('packed' as const), values: fc.array(value, { minLength: 8, maxLength: 80 }) }),
  );
  return fc.record({ width: fc.constant(width), runs: fc.array(run, { minLength: 1, maxLength: 6 }) });
});

describe('runs of numbers', () => {
  test('read back as they were written', () => {
    fc.assert(
      fc.property(numbers, ({ width, runs }) => {
        const bytes: number[] = [];
        const values: number[] = [];
        for (const run of runs) {
          if (run.kind === 'run') {
            bytes.push(...varint(run.times << 1));
            for (let i = 0; i < (width + 7) >> 3; i++) bytes.push((run.value >>> (8 * i)) & 0xff);
            values.push(...Array<number>(run.times).fill(run.value));
          } else {
            const whole = run.values.slice(0, run.values.length - (run.values.length % 8));
            bytes.push(...varint(((whole.length / 8) << 1) | 1), ...packedBits(whole, width));
            values.push(...whole);
          }
        }
        expect([...readRuns(Uint8Array.from(bytes), 0, bytes.length, width, values.length)]).toEqual(values);
      }),
      { seed: 2026 },
    );
  });

  test('of which the last group is not needed in full', () => {
    expect([...readRuns(Uint8Array.from([3, ...packedBits([1, 0, 1, 1], 1)]), 0, 2, 1, 4)]).toEqual([1, 0, 1, 1]);
  });

  test('with an empty one among them', () => {
    expect([...readRuns(Uint8Array.from([0, 5, 4, 9]), 0, 4, 4, 2)]).toEqual([9, 9]);
  });

  test.each<[string, number[], number, number, string]>([
    ['nothing', [], 1, 1, 'its runs are fewer than announced'],
    ['too few', [4, 1], 1, 3, 'its runs are fewer than announced'],
    ['a run without its number', [4], 1, 2, 'a run has no number'],
    ['a run of half a number', [4, 1], 9, 2, 'a run has no number'],
    ['packed numbers that are cut off', [3, 1], 3, 8, 'its packed numbers are fewer than announced'],
    ['a length that never ends', [255, 255, 255, 255, 255, 255, 255, 1], 1, 8, 'its runs are fewer than announced'],
    ['numbers of too many bits', [4, 1, 0, 0, 0], 26, 2, 'a number must have at most 25 bits; got 26'],
  ])('refuses %s', (_, bytes, width, count, message) => {
    expect(() => readRuns(Uint8Array.from(bytes), 0, bytes.length, width, count)).toThrow(message);
  });
});
