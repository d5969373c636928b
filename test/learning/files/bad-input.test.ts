import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rowsOf } from '#learning/files/batch.ts';
import { bytesInMemory } from '#learning/files/file-bytes.ts';
import { gunzipped } from '#learning/files/gzip.ts';
import { readTable } from '#learning/files/open.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { faults } from '../chunks.ts';
import { BAD_FILES, CSV } from './bad-files.ts';
import { packers, type Value, writers } from './written.ts';

test.each(BAD_FILES)('%s is refused with the place and what to do', async (_, content, message) => {
  const found = await faults(() => profileCsv(bytesInMemory(Buffer.from(content)), { task: 'auto' }));
  expect(found.join()).toContain(message);
});

test('a CSV whose first column is called PAR1 is no Parquet file', async () => {
  const profile = await profileCsv(bytesInMemory(Buffer.from(`PAR1${CSV.slice(1)}`)), { task: 'auto' });
  expect(profile).toMatchObject({ format: 'csv', features: ['PAR1'] });
});

test('what unpacks to far more than data do is refused', async () => {
  const bomb = gzipSync(Buffer.alloc(32 * 1_048_576));
  const unpack = async () => {
    for await (const _ of gunzipped(bytesInMemory(bomb)));
  };
  expect((await faults(unpack)).join()).toContain('the gzip must unpack to at most 500 times its packed size; got');
});

test('a file that is called as another format is, is read, and a warning says so', async () => {
  const { warnings, format } = await profileCsv(bytesInMemory(Buffer.from(CSV)), {
    task: 'auto',
    fileName: 'data.parquet',
  });
  expect(format).toBe('csv');
  expect(warnings).toContainEqual(
    expect.objectContaining({
      code: 'format_differs',
      message: expect.stringContaining('"data.parquet", as Parquet is, and its content is CSV'),
    }),
  );
  expect((await profileCsv(bytesInMemory(Buffer.from(CSV)), { task: 'auto', fileName: 'data.csv' })).warnings).toEqual(
    [],
  );
});

test.each([
  ['gzip', 'data.csv', true],
  ['zip', 'data.csv', true],
  ['gzip', 'data.csv.gz', false],
  ['zip', 'data.zip', false],
  ['gzip', 'data', false],
] as const)('what is packed with %s and called %s: a warning says so: %s', async (pack, fileName, warned) => {
  const { warnings } = await profileCsv(bytesInMemory(packers[pack](Buffer.from(CSV))), { task: 'auto', fileName });
  const said = expect.stringContaining(`"data.csv", as CSV is, and its content is CSV packed with`);
  expect(warnings).toEqual(warned ? [expect.objectContaining({ code: 'format_differs', message: said })] : []);
});

const cell = fc
  .string({ unit: 'grapheme', maxLength: 6 })
  .filter((text) => !text.includes('\0') && text === text.trim() && text.isWellFormed());
const written = fc.record({
  rows: fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 }),
  kind: fc.constantFrom(...(Object.keys(writers) as (keyof typeof writers)[])),
  pack: fc.constantFrom(...(Object.keys(packers) as (keyof typeof packers)[])),
});

test('a table of any texts reads back the same in each format', async () => {
  await fc.assert(
    fc.asyncProperty(written, async ({ rows, kind, pack }) => {
      const table = { header: ['first', 'second', 'third'], rows: [['x', 'y', 'z'], ...rows] as Value[][] };
      const delimited = kind === 'csv' || kind === 'tsv';
      const given = delimited ? { delimiter: kind === 'csv' ? ',' : '\t', quote: '"' } : {};
      const { header, batches } = await readTable(bytesInMemory(packers[pack](writers[kind](table))), {
        dialect: given,
      });
      const read: (readonly string[])[] = [];
      for await (const row of rowsOf(batches, header.length)) read.push(row);
      expect(read).toEqual(table.rows);
    }),
    { seed: 2026, numRuns: 200 },
  );
});
