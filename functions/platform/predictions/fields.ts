import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { BATCH_STATUSES, type Batch, batchWarning } from '#domain/predictions/record.ts';
import { VARIANTS } from '#learning/serving/description.ts';
import { id, time } from '../fields.ts';

export const batchPath = z.strictObject({ batch_id: id });

export const batchAnswer = z
  .strictObject({
    batch_id: id,
    status: z.enum(BATCH_STATUSES),
    model_id: id,
    model_name: z.string().meta({ example: 'penguins' }),
    model_version: z.string().meta({ example: '1.0.0' }),
    dataset_id: id,
    dataset_name: z.string().meta({ example: 'penguins' }),
    probabilities: z.boolean(),
    include: z.array(z.string()),
    variant: z.enum(VARIANTS).meta({ description: 'Which file of the model predicts', example: 'float32' }),
    rows: z.int().meta({ description: 'Of the dataset', example: 344 }),
    rows_done: z.int().meta({ description: 'As last reported', example: 344 }),
    progress: z.number().min(0).max(100).meta({ description: 'Percent', example: 100 }),
    created_at: time,
    started_at: time.nullable(),
    ended_at: time.nullable(),
    file_size: z
      .int()
      .nullable()
      .meta({ description: 'Of the CSV file in bytes, once it is completed', example: 9120 }),
    sha256: z.string().nullable().meta({ description: 'Of the CSV file' }),
    warnings: z.array(batchWarning).meta({
      description:
        "By feature, once it is completed: rows with words that the model has not learned from (`unseen_values`), and cells that count as missing, because they are not of the feature's type (`values_unreadable`) or have no value (`missing_values`)",
      example: [
        {
          ...{ code: 'unseen_values', feature: 'island', rows: 3, first_value: 'Anvers', first_row: 17 },
          message:
            '3 rows have words that the model has not learned from, such as "Anvers": each counts as none of those that it knows',
        },
      ],
    }),
    error: z
      .strictObject({
        message: z.string(),
        details: z.array(z.strictObject({ field: z.string(), message: z.string() })).max(LIMITS.error.details),
      })
      .nullable()
      .meta({ description: 'Why it failed: in a cell, the row from 1 and the column', example: null }),
  })
  .meta({ id: 'BatchPrediction' });

export const showBatch = (of: Batch): z.input<typeof batchAnswer> => ({
  batch_id: of.id,
  status: of.status,
  model_id: of.model_id,
  model_name: of.model_name,
  model_version: of.model_version,
  dataset_id: of.dataset_id,
  dataset_name: of.dataset_name,
  probabilities: of.probabilities,
  include: of.include,
  variant: of.variant ?? 'float32',
  rows: of.rows,
  rows_done: of.rows_done,
  progress: of.status === 'completed' ? 100 : Math.min(99, Math.floor((of.rows_done / of.rows) * 100)),
  created_at: of.created_at,
  started_at: of.started_at ?? null,
  ended_at: of.ended_at ?? null,
  file_size: of.file_size ?? null,
  sha256: of.sha256 ?? null,
  warnings: of.warnings ?? [],
  error: of.failure ?? null,
});
