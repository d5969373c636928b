/** Parquet files as pandas and pyarrow write them are what the same rows are as CSV. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { DatasetProfile } from '#domain/datasets/profile.ts';
import { rowsOf } from '#learning/files/batch.ts';
import { bytesInMemory } from '#learning/files/file-bytes.ts';
import { readTable } from '#learning/files/open.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { prepare } from '#learning/table/prepare.ts';
import { faults } from '../chunks.ts';

const FOLDER = new URL('../../fixtures/parquet/', import.meta.url);
const fileOf = (name: string) => bytesInMemory(readFileSync(new URL(name, FOLDER)));
const files = readdirSync(FOLDER).filter((name) => name.startsWith('types-'));

const comparable = ({ format, compression, delimiter, quote, sha256, ...rest }: DatasetProfile) => rest;
const how = { validationSplit: 0.2, testSplit: 0, seed: 3 };

describe.each(files)('%s', (name) => {
  test('has the profile and the encoded rows of the CSV', async () => {
    const wanted = await profileCsv(fileOf('types.csv'), { task: 'auto' });
    const profile = await profileCsv(fileOf(name), { task: 'auto' });
    expect(comparable(profile)).toEqual(comparable(wanted));
    const { data } = await prepare(fileOf(name), profile, how);
    expect(data).toEqual((await prepare(fileOf('types.csv'), wanted, how)).data);
  });

  test('has the values of its types as text', async () => {
    const { header, batches } = await readTable(fileOf(name));
    const rows: Record<string, string>[] = [];
    for await (const row of rowsOf(batches, header.length)) {
      rows.push(Object.fromEntries(header.map((column, i) => [column, row[i]!])));
    }
    expect(rows[3]).toMatchObject({ whole: '', single: '0.75', colour: 'red', day: '1969-12-23', price: '-26.25' });
    expect(rows[1]).toMatchObject({ whole: '1', unsigned: '4294967201', double: '0.125', flag: 'true', word: 'w1' });
    expect(rows[1]).toMatchObject({ naive: '2024-02-28T23:59:59.250Z', zoned: '2024-03-31T00:30:00.000Z' });
  });
});

test.each([
  [
    'binary.parquet',
    'column "blob" must have text, numbers, truth values or times; got binary values that are no UTF-8',
  ],
  [
    'records.parquet',
    'column "point" must have one value in each row; got records: make a column of each of its values',
  ],
])('%s is refused with the column and what to do', async (name, message) => {
  expect((await faults(() => profileCsv(fileOf(name), { task: 'auto' }))).join()).toContain(message);
});
