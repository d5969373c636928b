/** What reading a dataset found out about it: stored as `profile.json` beside the file. */
import { z } from 'zod';
import { columnFormat } from './column-format.ts';
import { COMPRESSIONS, FILE_FORMATS } from './file-format.ts';
import { datasetWarning } from './warnings.ts';

export const COLUMN_TYPES = ['number', 'category', 'boolean', 'timestamp', 'text'] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** Of `multilabel`, a row has any number of the classes. */
export const TASKS = ['classification', 'regression', 'multilabel'] as const;
export type Task = (typeof TASKS)[number];

/** The kinds of data that are read. */
export const KINDS = ['table', 'text', 'image', 'series'] as const;
export type KindName = (typeof KINDS)[number];

const LEFT_OUT_REASONS = ['text', 'id', 'ignore', 'group', 'time'] as const;

const valueCount = z.object({ value: z.string(), count: z.number().int().nonnegative() });

const columnProfile = z.object({
  name: z.string(),
  type: z.enum(COLUMN_TYPES),
  /** Absent in profiles of earlier builds: then the target is the target, and all others are features. */
  role: z.enum(['feature', 'target', 'label', 'id', 'ignore', 'group', 'time']).optional(),
  /** Absent in profiles of earlier builds. */
  format: columnFormat.optional(),
  /** Rows without a value; those whose value cannot be read among them. */
  missing: z.number().int().nonnegative(),
  /** Values that are not of the column's type. */
  unreadable: z.number().int().nonnegative().optional(),
  /** Different values apart from missing ones; an estimate where `distinct_estimated`. */
  distinct: z.number().int().nonnegative(),
  distinct_estimated: z.boolean(),
  /** Of numbers in their own unit, of timestamps in epoch milliseconds. */
  min: z.number().optional(),
  max: z.number().optional(),
  mean: z.number().optional(),
  /** Of the population: divided by n. */
  standard_deviation: z.number().optional(),
  /** By fraction of the values, interpolated. */
  quantiles: z.record(z.string(), z.number()).optional(),
  /** Bins of equal width; the last one includes its end. */
  histogram: z.array(z.object({ from: z.number(), to: z.number(), count: z.number().int().nonnegative() })).optional(),
  /** Whether quantiles and histogram are estimates: ranks are off by less than 1 % of the values. */
  distribution_estimated: z.boolean().optional(),
  /** Of categories, booleans and texts, the most frequent first. */
  top_values: z.array(valueCount).optional(),
});
export type ColumnProfile = z.infer<typeof columnProfile>;

/** What a dataset of images has. */
const imagesProfile = z.object({
  /** What says the labels. */
  source: z.enum(['folders', 'manifest', 'arrays']),
  /** By format; of arrays, by type. */
  formats: z.record(z.string(), z.number().int().nonnegative()),
  width: z.object({ min: z.number().int(), max: z.number().int() }),
  height: z.object({ min: z.number().int(), max: z.number().int() }),
  /** 1 if all are grey. */
  channels: z.number().int(),
});
export type ImagesProfile = z.infer<typeof imagesProfile>;

export const datasetProfile = z.object({
  /** Absent in profiles of tables. */
  kind: z.enum(KINDS).optional(),
  images: imagesProfile.optional(),
  rows: z.number().int().positive(),
  columns: z.array(columnProfile),
  /** The columns that a model learns from, in the file's order. */
  features: z.array(z.string()),
  /** The other columns apart from the target, and why. */
  left_out: z.array(z.object({ name: z.string(), reason: z.enum(LEFT_OUT_REASONS) })).optional(),
  /** Empty where there is none: the data are only to be predicted. Of several columns of labels, what they are called together. */
  target: z.string(),
  /** Absent where there is no target. */
  task: z.enum(TASKS).optional(),
  /** The target's classes by frequency, for classification. */
  classes: z.array(valueCount).optional(),
  /** Rows whose target is missing: training leaves them out. */
  rows_without_target: z.number().int().nonnegative(),
  /** By the file's content. Absent in profiles of earlier builds, which read CSV only. */
  format: z.enum(FILE_FORMATS).optional(),
  compression: z.enum(COMPRESSIONS).optional(),
  /** Of CSV and TSV. */
  delimiter: z.string().optional(),
  quote: z.string().optional(),
  /** Where its owner said that the first row has no names. */
  header: z.literal(false).optional(),
  /** Of the file's bytes, in hex. */
  sha256: z.string(),
  /** The most important first. */
  warnings: z.array(datasetWarning).optional(),
  /** How many more there are. */
  warnings_omitted: z.number().int().nonnegative().optional(),
});
export type DatasetProfile = z.infer<typeof datasetProfile>;
