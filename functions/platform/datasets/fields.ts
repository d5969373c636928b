import { z } from 'zod';
import { DATASET_STATUSES, DATASET_TYPES, type Dataset } from '#domain/datasets/record.ts';
import { LIMITS } from '#domain/limits.ts';
import { id, line, paragraph, time } from '../fields.ts';

export const datasetPath = z.strictObject({ dataset_id: id });

/** The fields of an upload, whether in one request or in parts. */
export const newDataset = {
  name: line(LIMITS.datasetName.max).meta({ description: 'Dataset name', example: 'Palmer penguins' }),
  description: paragraph(LIMITS.description.max).default('').meta({ description: 'Dataset description' }),
  dataset_type: z
    .enum(DATASET_TYPES)
    .default('auto')
    .meta({ description: 'The task; `auto` infers it from the target' }),
  target: line(LIMITS.csv.columnNameCharacters).optional().meta({
    description: 'An addition: the column to predict. Default: `label`, `target`, `class` or `y`, or the last column',
  }),
};

const facts = {
  id,
  name: z.string().meta({ example: 'Palmer penguins' }),
  description: z.string().meta({ example: 'Measurements of three species' }),
  dataset_type: z.enum(DATASET_TYPES),
  file_size: z.int().meta({ description: 'Bytes', example: 1024000 }),
  uploaded_at: time,
  status: z.enum(DATASET_STATUSES),
};

export const datasetAnswer = z.strictObject(facts).meta({ id: 'Dataset' });

export const datasetDetail = z
  .strictObject({
    ...facts,
    status: facts.status.meta({ example: 'ready' }),
    metadata: z
      .strictObject({
        rows: z.int(),
        columns: z.int(),
        features: z.array(z.string()),
        target: z.string(),
      })
      .optional()
      .meta({
        description: 'Once the dataset is ready',
        example: { rows: 10000, columns: 3, features: ['feature1', 'feature2'], target: 'label' },
      }),
    error: z
      .strictObject({
        error: z.string(),
        message: z.string(),
        details: z.array(z.strictObject({ field: z.string(), message: z.string() })).max(LIMITS.error.details),
      })
      .optional()
      .meta({ description: 'An addition: why processing has failed' }),
  })
  .meta({ id: 'DatasetDetail' });

export const showDataset = (of: Dataset): z.input<typeof datasetAnswer> => ({
  id: of.id,
  name: of.name,
  description: of.description,
  dataset_type: of.dataset_type,
  file_size: of.file_size,
  uploaded_at: of.uploaded_at,
  status: of.status,
});
