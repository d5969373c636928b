import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesInMemory } from '#learning/files/file-bytes.ts';
import { previewFile } from '#learning/preview.ts';
import { profileCsv } from '#learning/profile/profile.ts';
import type { ServedFeature } from '#learning/serving/description.ts';
import { rowTensors } from '#learning/serving/rows.ts';
import { chunked } from '../chunks.ts';
import { known, prepared, resident } from '../tables.ts';
import { cellsOf, HEADER, type Row, type Spelling, spellings, tables, written } from './spelling.ts';

const RUNS = { seed: 2026, numRuns: 150 };

const asRead = ({ amount, count, day, open, place, label }: Row) => [
  amount,
  count,
  day === null ? null : new Date(day).toISOString(),
  open,
  place,
  label,
];

describe('a table that is written in any spelling', () => {
  test('is read as the same values of the same types', async () => {
    await fc.assert(
      fc.asyncProperty(tables, spellings, async (rows, by) => {
        const bytes = Buffer.from(written(rows, by));
        const preview = await previewFile(bytesInMemory(bytes), { parsing: {}, task: 'auto', rows: 100 });
        expect(preview).toMatchObject({
          delimiter: by.delimiter,
          problems: [],
          target: 'label',
          task: 'classification',
        });
        const types = ['number', 'number', 'timestamp', 'boolean', 'category', 'category'];
        expect(preview.columns.map(({ name, type }) => [name, type])).toEqual(
          HEADER.map((name, i) => [name, types[i]]),
        );
        expect(preview.rows).toEqual(rows.map(asRead));
      }),
      RUNS,
    );
  });

  test('becomes the same numbers to train with', async () => {
    const encoded = async (rows: readonly Row[], by: Spelling) => {
      const { preparation, data } = await prepared(written(rows, by));
      const { training, validation } = data;
      return { preparation: known(preparation), training: resident(training), validation: resident(validation!) };
    };
    await fc.assert(
      fc.asyncProperty(tables, spellings, spellings, async (rows, one, other) => {
        expect(await encoded(rows, one)).toEqual(await encoded(rows, other));
      }),
      { seed: 2026, numRuns: 20 },
    );
  });

  test('is read the same way in predictions: cells as text, and the values that they mean', async () => {
    await fc.assert(
      fc.asyncProperty(tables, spellings, async (rows, by) => {
        const { columns, features } = await profileCsv(chunked(written(rows, by)), { task: 'auto' });
        const served = columns
          .filter(({ name }) => features.includes(name))
          .map(({ name, type, format }) => ({ name, type, format, input: name }) as ServedFeature);
        const [asText, asValues] = [
          rowTensors(
            served,
            rows.map((row) => cellsOf(row, by).slice(0, -1)),
          ),
          rowTensors(
            served,
            rows.map((row) => asRead(row).slice(0, -1)),
          ),
        ];
        expect(asText).toEqual(asValues);
      }),
      { seed: 2026, numRuns: 60 },
    );
  });
});
