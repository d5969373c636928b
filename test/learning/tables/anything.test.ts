import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { datasetProfile } from '#domain/datasets/profile.ts';
import { ValidationError } from '#domain/errors.ts';
import { bytesInMemory } from '#learning/files/file-bytes.ts';
import { previewFile } from '#learning/preview.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import { loadRows } from '#learning/table/load.ts';
import { chunked } from '../chunks.ts';

/** What tables are made of, in no order. */
const piece = fc.constantFrom(
  ...[
    ',',
    ';',
    '\t',
    '|',
    '"',
    "'",
    '\n',
    '\r\n',
    ' ',
    '0',
    '7',
    '42',
    '1.5',
    '1,5',
    '1.234',
    '2,345',
    '-',
    '+',
    '%',
    '€',
    '$',
  ],
  ...[
    'NA',
    '#N/A',
    'none',
    'yes',
    'no',
    'True',
    '2024-05-31',
    '31.05.2024',
    '05/06/2024',
    'id',
    'x',
    'é',
    '😀',
    '(3)',
    '007',
    'e5',
    '\u00a0',
  ],
);
const texts = fc.array(piece, { minLength: 1, maxLength: 80 }).map((pieces) => pieces.join(''));
/** A header and rows of as many cells, whatever stands in them. */
const tables = fc
  .tuple(
    fc.integer({ min: 2, max: 4 }),
    fc.array(fc.array(piece, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 20 }),
  )
  .map(([width, rows]) => {
    const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
    const lines = rows.map((row) => row.slice(0, width).map(quoted).join(','));
    return `${['a', 'b', 'c', 'd'].slice(0, width).join(',')}\n${lines.join('\n')}\n`;
  });

async function outcome<T>(read: () => T | Promise<T>): Promise<T | 'refused'> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ValidationError) return 'refused';
    throw error;
  }
}

test('any text is read or refused, and its preview agrees with its profile', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(texts, tables), async (text) => {
      const bytes = Buffer.from(text);
      const preview = await outcome(() => previewFile(bytesInMemory(bytes), { parsing: {}, task: 'auto', rows: 100 }));
      const profile = await outcome(() => profileCsv(chunked(text), { task: 'auto' }));
      if (profile === 'refused') {
        if (preview !== 'refused' && preview.complete) expect(preview.problems).not.toEqual([]);
        return;
      }
      expect(datasetProfile.parse(JSON.parse(JSON.stringify(profile)))).toEqual(JSON.parse(JSON.stringify(profile)));
      if (preview === 'refused') throw new Error('a file that can be read has no preview');
      expect(preview).toMatchObject({ task: profile.task, target: profile.target, problems: [] });
      expect(preview.columns.map(({ name, type, role }) => [name, type, role])).toEqual(
        profile.columns.map(({ name, type, role }) => [name, type, role]),
      );
      // The training finds as many rows with a target, and as many missing values, as the profile counted.
      const { count, columns } = await loadRows(chunked(text), profile);
      expect(count).toBe(profile.rows - profile.rows_without_target);
      expect(columns.map(({ name }) => name)).toEqual(profile.features);
      if (profile.rows_without_target > 0) return;
      for (const { name, kind, values } of columns) {
        const absent = Array.from(values).filter((value) =>
          kind === 'numbers' ? Number.isNaN(value) : value < 0,
        ).length;
        expect([name, absent]).toEqual([name, profile.columns.find((column) => column.name === name)!.missing]);
      }
    }),
    { seed: 2026, numRuns: 600 },
  );
});
