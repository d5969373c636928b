import { z } from 'zod';
import { COMPRESSIONS, FILE_FORMATS } from '#domain/datasets/file-format.ts';
import { COLUMN_ROLES } from '#domain/datasets/parsing-options.ts';
import { COLUMN_TYPES, TASKS } from '#domain/datasets/profile.ts';
import { datasetWarning } from '#domain/datasets/warnings.ts';
import { LIMITS } from '#domain/limits.ts';
import type { Preview } from '#learning/preview.ts';

const column = z.strictObject({ name: z.string(), type: z.enum(COLUMN_TYPES), role: z.enum(COLUMN_ROLES) });
const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const previewAnswer = z
  .strictObject({
    format: z.enum(FILE_FORMATS).meta({ description: "By the file's content", example: 'csv' }),
    compression: z.enum(COMPRESSIONS).optional(),
    delimiter: z.string().optional().meta({ description: 'Of CSV and TSV', example: ',' }),
    quote: z.string().optional().meta({ description: 'Of CSV and TSV', example: '"' }),
    header: z.boolean().optional().meta({ description: 'false where the first row was said to have no names' }),
    columns: z.array(column).meta({ example: [{ name: 'age', type: 'number', role: 'feature' }] }),
    rows: z
      .array(z.array(cell))
      .max(LIMITS.previewRows)
      .meta({
        description: 'Numbers, truth values and words; times in RFC 3339; null is a missing value',
        example: [[45], [null]],
      }),
    complete: z.boolean().meta({ description: 'Whether these are all rows of the file' }),
    target: z.string().meta({ description: 'Empty with `unlabelled`', example: 'premium' }),
    task: z.enum(TASKS).nullable().meta({ description: 'null where `problems` says why, and with `unlabelled`' }),
    warnings: z.array(datasetWarning),
    problems: z
      .array(z.strictObject({ field: z.string(), message: z.string() }))
      .meta({ description: 'What stands against learning from these rows', example: [] }),
  })
  .meta({ id: 'DatasetPreview' });

export const showPreview = ({ task, ...of }: Preview): z.input<typeof previewAnswer> => ({
  ...of,
  columns: [...of.columns],
  rows: of.rows.map((row) => [...row]),
  task: task ?? null,
  warnings: [...of.warnings],
  problems: of.problems.map(({ field, message }) => ({ field, message })),
});
