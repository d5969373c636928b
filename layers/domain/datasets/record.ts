import { z } from 'zod';
import { parseOnce } from '../ports/table/parse-once.ts';
import { resent } from '../resent.ts';
import { COMPRESSIONS, FILE_FORMATS } from './file-format.ts';
import { parsingOptions } from './parsing-options.ts';
import { TASKS } from './profile.ts';

export const DATASET_STATUSES = ['processing', 'ready', 'failed'] as const;

/** `auto` until processing has inferred the type. */
export const DATASET_TYPES = ['auto', ...TASKS] as const;

export const TEXT_FORMATS = ['jsonl', 'csv', 'parquet'] as const;
export type TextFormat = (typeof TEXT_FORMATS)[number];

/** The version of what an earlier build stored, until `number-earlier.ts` gives it one. */
export const UNNUMBERED = 0;

export const dataset = z.object({
  id: z.string(),
  account_id: z.string(),
  name: z.string(),
  /** Counts the uploads under its name. */
  version: z.number().int().default(UNNUMBERED),
  description: z.string(),
  dataset_type: z.enum(DATASET_TYPES),
  /** The `target` of the upload form, if given. */
  requested_target: z.string().optional(),
  /** What its owner said the task is. Absent in records of earlier builds, and where nothing was said. */
  requested_type: z.enum(DATASET_TYPES).optional(),
  /** What its owner said about how the file is to be read. */
  parsing: parsingOptions.optional(),
  /** When it last began to wait for its file to be read again; at first that is when it was uploaded. */
  processing_since: z.string().optional(),
  file_name: z.string(),
  file_size: z.number().int(),
  uploaded_at: z.string(),
  /** What the file's beginning shows. Absent in records of earlier builds, which took CSV only. */
  format: z.enum(FILE_FORMATS).optional(),
  compression: z.enum(COMPRESSIONS).optional(),
  /** The format of a file of labelled texts. Absent for tables, whose format is CSV. */
  text_format: z.enum(TEXT_FORMATS).optional(),
  status: z.enum(DATASET_STATUSES),
  rows: z.number().int().optional(),
  columns: z.number().int().optional(),
  target: z.string().optional(),
  sha256: z.string().optional(),
  /** Why it failed, as the API shows it. */
  failure: z
    .object({ message: z.string(), details: z.array(z.object({ field: z.string(), message: z.string() })) })
    .optional(),
  /** How often reading its file was begun; `readings.ts` describes this and the next four attributes. */
  readings: z.number().int().optional(),
  /** The id of the message by which it is being read, or was read last. */
  reader: z.string().optional(),
  /** When that reader can no longer be running. */
  reader_until: z.string().optional(),
  reader_slot: z.number().int().optional(),
  /** Why a reading ended without a result. */
  reading_failure: z.string().optional(),
  /** How many parts of the file are read, if it is not read in one go: a checkpoint beside it has what they say. */
  reading_parts: z.number().int().optional(),
  ...resent,
  /** The number of active jobs that read it; it cannot be deleted while there are any. */
  in_use: z.number().int().default(0),
});

export type Dataset = z.infer<typeof dataset>;

export const parseDataset = parseOnce(dataset);

export type DatasetFailure = NonNullable<Dataset['failure']>;
