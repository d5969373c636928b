import { z } from 'zod';
import {
  COLUMN_ROLES,
  columnChoice,
  DELIMITERS,
  type ParsingOptions,
  QUOTES,
} from '#domain/datasets/parsing-options.ts';
import { COLUMN_TYPES } from '#domain/datasets/profile.ts';
import { DATASET_STATUSES, DATASET_TYPES, type Dataset } from '#domain/datasets/record.ts';
import { datasetWarning } from '#domain/datasets/warnings.ts';
import { LIMITS } from '#domain/limits.ts';
import { id, line, paragraph, time } from '../fields.ts';

export const datasetPath = z.strictObject({ dataset_id: id });

/** Bytes of what is said about columns, as JSON: it is kept in the dataset's record. */
const COLUMNS_BYTES = 100_000;

const columnsMeta = {
  description:
    'An addition: by name, what a column is for (`role`), what it is (`type`), and how its values are written. Whatever is not said is decided by what most values are',
  example: { order_id: { role: 'id' }, zip: { type: 'category' }, price: { decimal: ',' } } as const,
};
const columns = <Z extends z.ZodType>(choice: Z) =>
  z
    .record(z.string().min(1).max(LIMITS.csv.columnNameCharacters), choice)
    .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= COLUMNS_BYTES, {
      message: `must be at most ${COLUMNS_BYTES} bytes as JSON`,
    });
const missing = z
  .array(z.string().max(LIMITS.parsing.wordCharacters))
  .max(LIMITS.parsing.words)
  .meta({
    description:
      'An addition: the words for "no value", beside the empty cell. Default: the usual ones (`NA`, `n/a`, `null`, `-` …); for classes none',
    example: ['NA', 'unknown'],
  });

const delimiter = z
  .enum([...DELIMITERS, 'tab'])
  .transform((mark) => (mark === 'tab' ? '\t' : mark))
  .meta({ description: 'An addition: what separates cells. Default: detected' });
const quote = z.enum(QUOTES).meta({ description: 'An addition: what encloses cells. Default: detected' });
const decimal = z
  .enum(['.', ','])
  .meta({ description: 'An addition: the decimal mark of all columns. Default: decided for each column' });

/** A field of a form that is JSON. */
const asJson = <Z extends z.ZodType>(schema: Z) =>
  z
    .string()
    .transform((text, { addIssue }): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        addIssue({ code: 'custom', message: 'must be JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);

/** How a file is to be read, in a JSON body. */
export const parsingFields = {
  delimiter: delimiter.exactOptional(),
  quote: quote.exactOptional(),
  decimal: decimal.exactOptional(),
  missing: missing.exactOptional(),
  columns: columns(columnChoice).meta(columnsMeta).exactOptional(),
};

/** The same in a form: what is not text is JSON. */
const parsingForm = {
  ...parsingFields,
  missing: asJson(missing).meta({ description: 'An addition: a JSON array of words for "no value"' }).exactOptional(),
  columns: asJson(columns(columnChoice))
    .meta({ description: 'An addition: a JSON object of columns, as in `PATCH /datasets/{dataset_id}`' })
    .exactOptional(),
};

/** What changes how a file is read: null goes back to what is decided from the file. */
export const parsingChange = {
  delimiter: delimiter.nullable().exactOptional(),
  quote: quote.nullable().exactOptional(),
  decimal: decimal.nullable().exactOptional(),
  missing: missing.nullable().exactOptional(),
  columns: columns(
    z
      .strictObject({
        role: z.enum(COLUMN_ROLES).nullable().exactOptional(),
        type: z.enum(COLUMN_TYPES).nullable().exactOptional(),
        decimal: decimal.nullable().exactOptional(),
        date_order: z.enum(['day_first', 'month_first']).nullable().exactOptional(),
        missing: missing.nullable().exactOptional(),
      })
      .nullable(),
  )
    .meta(columnsMeta)
    .exactOptional(),
};

const datasetType = z.enum(DATASET_TYPES).meta({ description: 'The task; `auto` infers it from the target' });
const target = line(LIMITS.csv.columnNameCharacters).meta({
  description: 'An addition: the column to predict. Default: `label`, `target`, `class` or `y`, or the last column',
});
export const taskFields = { dataset_type: datasetType.default('auto'), target: target.optional() };

/** The fields of an upload in parts. */
export const newDataset = {
  name: line(LIMITS.datasetName.max).meta({ description: 'Dataset name', example: 'Palmer penguins' }),
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

/** The part of such fields that says how the file is to be read. */
export function parsingOf({ delimiter, quote, decimal, missing, columns }: ParsingOptions): ParsingOptions {
  return {
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(quote === undefined ? {} : { quote }),
    ...(decimal === undefined ? {} : { decimal }),
    ...(missing === undefined ? {} : { missing }),
    ...(columns === undefined ? {} : { columns }),
  };
}

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
        target: z.string(),
      })
      .optional()
      .meta({
        description: 'Once the dataset is ready. `features` are the columns that a model learns from',
        example: { rows: 10000, columns: 3, features: ['feature1', 'feature2'], target: 'label' },
      }),
    warnings: z.array(datasetWarning).optional().meta({
      description:
        'An addition: what was decided about the file that you may see differently, what it costs, and the body for `PATCH` that decides otherwise',
    }),
    parsing: z
      .record(z.string(), z.json())
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
      .meta({ description: 'An addition: why processing has failed' }),
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
