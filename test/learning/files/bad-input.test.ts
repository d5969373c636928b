import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rowsOf } from '#learning/files/batch.ts';
import { bytesInMemory } from '#learning/files/file-bytes.ts';
import { gunzipped } from '#learning/files/gzip.ts';
import { readTable } from '#learning/files/open.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { faults } from '../chunks.ts';
import { zipped } from './archive.ts';
import { packers, type Value, writers } from './written.ts';

const CSV = `a,y\n${Array.from({ length: 40 }, (_, i) => `${i}.5,${i % 2 ? 'u' : 'v'}`).join('\n')}\n`;
/** Written by pandas. */
const nested = readFileSync(new URL('../../fixtures/tables/nested.parquet', import.meta.url));
const packed = gzipSync(CSV);
const tar = Buffer.concat([Buffer.alloc(1024), Buffer.from(CSV)]);
tar.write('a.csv', 0);
tar.write('ustar', 257);

test.each<[string, string | Buffer, string]>([
  [
    'a record without a key',
    '{"a":1,"y":"u"}\n{"a":2}\n',
    'row 2 (line 2) must have the keys of the first record; "y" is missing',
  ],
  [
    'a record with another key',
    '[{"a":1,"y":"u"},{"a":2,"y":"v","z":3}]',
    'row 2 must have the keys of the first record; got "z" as well',
  ],
  ['a key twice', '{"a":1,"y":"u"}\n{"a":2,"a":3,"y":"v"}\n', 'row 2 (line 2) must have each key once; got "a" twice'],
  [
    'a nested value',
    '{"a":1,"y":"u"}\n\n{"a":{"b":2},"y":"v"}\n',
    'row 2 (line 3) must have text, a number, true, false or null for "a"; got an object',
  ],
  [
    'an array that is too short',
    '[["a","y"],[1,"u"],[2]]',
    'row 2 must have 2 values, as many as the first array; got 1',
  ],
  ['arrays without names', '[[1,"u"],[2,"v"]]', 'row 1 must be the names of the columns'],
  ['a JSON array that ends early', '[{"a":1,"y":"u"},{"a":2', 'must be a whole JSON array; it ends within row 2'],
  ['a comma too many', '{"a":1,"y":"u",}\n', 'row 1 (line 1) must be JSON'],
  ['an array of numbers', '[1,2,3]', 'row 1 must be an object or an array of values; got "1,2,3]"'],
  [
    'half of a character in JSON',
    '{"a":"\\ud83d","y":"u"}\n',
    'row 1 (line 1) must have whole characters; got \\ud83d in a text, which is half of one',
  ],
  [
    'a NUL character in JSON',
    '{"a":"x\\u0000","y":"u"}\n',
    'row 1 (line 1) must not contain NUL characters; got \\u0000',
  ],
  [
    'JSON in UTF-16',
    Buffer.from('\ufeff[{"a":1,"y":"u"}]', 'utf16le'),
    'must be JSON text in UTF-8; got UTF-16 text (by its first bytes): save it as UTF-8',
  ],
  [
    'JSON in UTF-16 without a mark',
    Buffer.from('[{"a":1,"y":"u"}]', 'utf16le'),
    'must be JSON text in UTF-8; got UTF-16 text',
  ],
  ['gzip within gzip', gzipSync(packed), 'must be packed once; got gzip within gzip: unpack it'],
  ['gzip within a ZIP', zipped([{ name: 'a.csv.gz', content: packed }]), 'must be packed once; got gzip within ZIP'],
  ['a tar archive', gzipSync(tar), 'must be one table; got a tar archive: upload a file of it'],
  ['gzip that ends early', packed.subarray(0, -20), 'must be a whole gzip file; it ends early, after '],
  [
    'gzip that is damaged',
    Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8)]),
    'must be a gzip file; it is damaged: its checksum is not that of its contents',
  ],
  [
    'a ZIP of two files',
    zipped([
      { name: 'a.csv', content: CSV },
      { name: 'b.csv', content: CSV },
    ]),
    'must be a ZIP with one file in it; got 2: "a.csv", "b.csv"',
  ],
  [
    'a ZIP with a prefix',
    Buffer.concat([Buffer.from('MZ\0\0'), zipped([{ name: 'a.csv', content: CSV }])]),
    'must begin with its data; got a ZIP archive with other bytes before it: upload the archive alone',
  ],
  [
    'an Excel workbook',
    zipped([
      { name: 'xl/workbook.xml', content: 'x' },
      { name: 'b', content: 'x' },
    ]),
    'must be a table; got an Excel workbook: save it as CSV',
  ],
  ['a Parquet file of nested columns', nested, 'column "tags" must have one value in each row; got lists'],
  ['a Parquet file of four bytes', 'PAR1', 'must be a whole Parquet file'],
  ['a Parquet file that is cut off', Buffer.from('PAR1 and then nothing'), 'must be a whole Parquet file'],
])('%s is refused with the place and what to do', async (_, content, message) => {
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
