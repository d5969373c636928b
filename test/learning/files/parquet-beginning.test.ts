/** The first rows of a row group are what they are where all of it is read, for a small part of its bytes. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import type { Batch } from '#learning/files/batch.ts';
import { bytesInMemory, type FileBytes } from '#learning/files/file-bytes.ts';
import { openParquet } from '#learning/files/parquet.ts';
import { snappyBeginning } from '#learning/files/snappy-beginning.ts';

const FOLDER = new URL('../../fixtures/parquet/', import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.startsWith('types-'));

const textsOf = (batch: Batch, columns: number, rows: number): string[][] =>
  Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_, column) => batch.text(row, column)));

/** The rows that are read first, and the same rows of the whole row group. */
async function both(file: FileBytes, rows: number): Promise<readonly [string[][], string[][]]> {
  const { header, groups } = await openParquet(file);
  for await (const group of groups) {
    const first = await group.first(rows);
    const whole = await group.whole();
    return [textsOf(first, header.length, first.rows), textsOf(whole, header.length, first.rows)];
  }
  throw new Error('there is no row group');
}

/** The same file, and how many of its bytes were asked for. */
function counted(bytes: Uint8Array): { readonly file: FileBytes; readonly asked: () => number } {
  const file = bytesInMemory(bytes);
  let asked = 0;
  const range: FileBytes['range'] = async (start, end) => {
    const found = await file.range(start, end);
    asked += found.length;
    return found;
  };
  return { file: { ...file, range }, asked: () => asked };
}

describe.each(files)('of %s', (name) => {
  test.each([1, 3, 1000])('the first %i rows', async (rows) => {
    const [first, whole] = await both(bytesInMemory(readFileSync(new URL(name, FOLDER))), rows);
    expect(first.length).toBeGreaterThan(0);
    expect(first).toEqual(whole);
  });
});

const cells = fc.oneof(
  fc.record({
    type: fc.constant('DOUBLE' as const),
    data: fc.array(fc.double({ noNaN: true }), { minLength: 30, maxLength: 30 }),
  }),
  fc.record({
    type: fc.constant('STRING' as const),
    data: fc.array(
      fc.string({ minLength: 1, maxLength: 4000 }).map((text) => text.replaceAll('\0', '0')),
      { minLength: 30, maxLength: 30 },
    ),
  }),
  fc.record({
    type: fc.constant('STRING' as const),
    data: fc.array(fc.constantFrom('red', 'green', ''), { minLength: 30, maxLength: 30 }),
  }),
  fc.record({ type: fc.constant('BOOLEAN' as const), data: fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }) }),
);

test('whatever the columns, their pages and their compression', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(cells, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('SNAPPY' as const, 'UNCOMPRESSED' as const),
      fc.integer({ min: 64, max: 100_000 }),
      fc.integer({ min: 1, max: 40 }),
      async (columns, codec, pageSize, rows) => {
        const columnData = columns.map(({ type, data }, i) => ({
          name: `c${i}`,
          type,
          data: data.map((value, row) => (i % 2 && row % 7 === 3 ? null : value)),
          nullable: true,
        }));
        const [first, whole] = await both(
          bytesInMemory(Buffer.from(parquetWriteBuffer({ columnData, codec, pageSize }))),
          rows,
        );
        expect(first).toEqual(whole);
      },
    ),
    { seed: 2026, numRuns: 60 },
  );
});

test('for a small part of the bytes', async () => {
  const length = 200_000;
  const columnData = [
    { name: 'x', data: Array.from({ length }, (_, i) => ((i * 7919) % 100_003) / 8 + 1 / 16) },
    { name: 'y', data: Array.from({ length }, (_, i) => `word ${(i * 31) % 5000}`) },
  ];
  const bytes = Buffer.from(parquetWriteBuffer({ columnData }));
  const { file, asked } = counted(bytes);
  const { groups } = await openParquet(file);
  for await (const group of groups) {
    const before = asked();
    const first = await group.first(1000);
    expect([first.text(999, 0), first.text(999, 1)]).toEqual([String(columnData[0]!.data[999]), 'word 969']);
    expect(asked() - before).toBeLessThan(bytes.length / 10);
    break;
  }
});

test('the beginning of Snappy data is that of what was packed, wherever they are cut', () => {
  const repetitive = fc
    .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 90 }), fc.integer({ min: 1, max: 40 })), {
      minLength: 1,
      maxLength: 30,
    })
    .map((parts) => Buffer.concat(parts.flatMap(([part, times]) => Array<Uint8Array>(times).fill(part))));
  fc.assert(
    fc.property(repetitive, fc.nat(3000), fc.double({ min: 0, max: 1, noNaN: true }), (bytes, most, share) => {
      const packed = snappyCompress(bytes);
      const cut = packed.subarray(0, Math.ceil(share * packed.length));
      const found = Buffer.from(snappyBeginning(cut, most));
      expect(found).toEqual(bytes.subarray(0, found.length));
      expect(Buffer.from(snappyBeginning(packed, most))).toEqual(bytes.subarray(0, most));
    }),
    { seed: 2026 },
  );
});
