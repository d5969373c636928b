import { describe, expect, test } from '@jest/globals';
import { bytesInMemory } from '#learning/files/file-bytes.ts';
import { previewFile } from '#learning/preview.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { loadRows } from '#learning/table/load.ts';
import { chunked } from '../chunks.ts';
import { EXPORTS } from './exports.ts';

describe('a file with', () => {
  test.each(Object.entries(EXPORTS))('%s', async (_, { text, columns, rows, said }) => {
    const target = Object.keys(columns).find((name) => columns[name] === 'boolean')!;
    const profile = await profileCsv(chunked(text, 100), { task: 'auto', target });
    expect(Object.fromEntries(profile.columns.map(({ name, type }) => [name, type]))).toEqual(columns);
    expect(profile.rows).toBe(rows);
    expect(profile.warnings!.map(({ code, column, first_value }) => `${code} ${column} ${first_value}`)).toEqual(said);
    const preview = await previewFile(bytesInMemory(Buffer.from(text)), {
      parsing: {},
      task: 'auto',
      target,
      rows: 100,
    });
    expect(preview.warnings).toEqual(profile.warnings);
    expect(preview.rows).toHaveLength(rows);
    // The training reads the same rows.
    const { count } = await loadRows(chunked(text, 1000), profile);
    expect(count).toBe(rows - profile.rows_without_target);
  });
});
