/** What reading a dataset found out about it: stored as `profile.json` beside the file. */
import { z } from 'zod';

const COLUMN_TYPES = ['number', 'category', 'boolean', 'timestamp', 'text'] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

export const TASKS = ['classification', 'regression'] as const;
export type Task = (typeof TASKS)[number];

const valueCount = z.object({ value: z.string(), count: z.number().int().nonnegative() });

const columnProfile = z.object({
  name: z.string(),
  type: z.enum(COLUMN_TYPES),
  missing: z.number().int().nonnegative(),
  /** Different values apart from missing ones; an estimate where `distinct_estimated`. */
  distinct: z.number().int().nonnegative(),
  distinct_estimated: z.boolean(),
  /** Of numbers in their own unit, of timestamps in epoch milliseconds. */
  min: z.number().optional(),
  max: z.number().optional(),
  mean: z.number().optional(),
  /** Of the population: divided by n. */
  standard_deviation: z.number().optional(),
  /** Of categories, booleans and texts, the most frequent first. */
  top_values: z.array(valueCount).optional(),
});
export type ColumnProfile = z.infer<typeof columnProfile>;

export const datasetProfile = z.object({
  rows: z.number().int().positive(),
  columns: z.array(columnProfile),
  /** All columns but the target, in the file's order. */
  features: z.array(z.string()),
  target: z.string(),
  task: z.enum(TASKS),
  /** The target's classes by frequency, for classification. */
  classes: z.array(valueCount).optional(),
  /** Rows whose target is missing: training leaves them out. */
  rows_without_target: z.number().int().nonnegative(),
  delimiter: z.string(),
  quote: z.string(),
  /** Of the file's bytes, in hex. */
  sha256: z.string(),
});
export type DatasetProfile = z.infer<typeof datasetProfile>;
