import { z } from 'zod';
import { DATASET_STATUSES, DATASET_TYPES, type Dataset } from '#domain/datasets/record.ts';
import { datasetWarning } from '#domain/datasets/warnings.ts';
import { LIMITS } from '#domain/limits.ts';
import { anyJson, id, line, nameLine, paragraph, time } from '../fields.ts';
import { parsingChange, parsingFields, parsingForm } from './parsing-fields.ts';

/** What an upload takes, for documents. */
export const FORMATS_TAKEN =
  'CSV or TSV with a header, JSON (an array of records or of arrays), JSON Lines or Parquet; each also packed with gzip, or alone in a ZIP';
export const ANY_CONTENT = 'application/octet-stream';

export const datasetPath = z.strictObject({ dataset_id: id });

const datasetType = z.enum(DATASET_TYPES).meta({ description: 'The task; `auto` infers it from the target' });
const target = line(LIMITS.csv.columnNameCharacters).meta({
  description: 'An addition: the column to predict. Default: `label`, `target`, `class` or `y`, or the last column',
});
const taskFields = { dataset_type: datasetType.default('auto'), target: target.optional() };

/** The fields of an upload in parts. */
export const newDataset = {
  name: nameLine(LIMITS.datasetName.max).meta({ description: 'Dataset name', example: 'Palmer penguins' }),
  description: paragraph(LIMITS.description.max).default('').meta({ description: 'Dataset description' }),
  ...taskFields,
  ...parsingFields,
};

/** Those of an upload in one request. */
export const datasetForm = { ...newDataset, ...parsingForm };
export const previewForm = { ...taskFields, ...parsingForm };

export const datasetChange = {
  description: newDataset.description.unwrap().exactOptional(),
  dataset_type: datasetType.exactOptional(),
  target: target.nullable().exactOptional(),
  ...parsingChange,
};

const facts = {
  id,
  name: z.string().meta({ example: 'Palmer penguins' }),
  version: z.int().meta({ description: 'An addition: counts the uploads under this name', example: 1 }),
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
        target: z.string().nullable(),
      })
      .optional()
      .meta({
        description:
          'Once the dataset is ready. `features` are the columns that a model learns from; `target` is null only where the upload said `unlabelled`',
        example: { rows: 10000, columns: 3, features: ['feature1', 'feature2'], target: 'label' },
      }),
    warnings: z.array(datasetWarning).optional().meta({
      description:
        'An addition: what was decided about the file that you may see differently, what it costs, and the body for `PATCH` that decides otherwise',
    }),
    parsing: z
      .record(z.string(), anyJson)
      .optional()
      .meta({
        description: 'An addition: what was said about how the file is to be read',
        example: { delimiter: ';' },
      }),
    error: z
      .strictObject({
        error: z.string(),
        message: z.string(),
        details: z.array(z.strictObject({ field: z.string(), message: z.string() })).max(LIMITS.error.details),
      })
      .optional()
      .meta({ description: 'An addition: why processing has failed, or that the profile is damaged' }),
  })
  .meta({ id: 'DatasetDetail' });

export const showDataset = (of: Dataset): z.input<typeof datasetAnswer> => ({
  id: of.id,
  name: of.name,
  version: of.version,
  description: of.description,
  dataset_type: of.dataset_type,
  file_size: of.file_size,
  uploaded_at: of.uploaded_at,
  status: of.status,
});

export const showDetail = (of: Dataset): z.input<typeof datasetDetail> => ({
  ...showDataset(of),
  ...(Object.keys(of.parsing ?? {}).length === 0 ? {} : { parsing: { ...of.parsing } }),
});
