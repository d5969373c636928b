/**
 * A batch prediction and its states:
 *
 *     queued ──► running ──► completed | failed
 *        └─────────┴────────► cancelled
 *
 * The transaction that creates it takes one of the account's slots and counts it in the `in_use` of its model and its
 * dataset, so that neither is deleted meanwhile; the one that ends it undoes all three. In the index are active ones
 * and, by when, ended ones.
 */
import { z } from 'zod';
import { resent } from '../resent.ts';

export const BATCH_STATUSES = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const;

/** What was found in the cells of a feature that its owner may not expect. */
export const batchWarning = z.object({
  code: z.enum(['unseen_values', 'values_unreadable', 'missing_values']),
  feature: z.string(),
  rows: z.number().int(),
  first_value: z.string().nullable(),
  /** From 1. */
  first_row: z.number().int().nullable(),
  message: z.string(),
});
export type BatchWarning = z.infer<typeof batchWarning>;

export const batch = z.object({
  id: z.string(),
  account_id: z.string(),
  model_id: z.string(),
  model_name: z.string(),
  model_version: z.string(),
  dataset_id: z.string(),
  dataset_name: z.string(),
  /** Whether the file has the probability of each class. */
  probabilities: z.boolean(),
  /** Columns of the dataset that the file repeats. */
  include: z.array(z.string()),
  /** Which file of the model predicts. Default: `float32`. */
  variant: z.enum(['float32', 'int8']).exactOptional(),
  status: z.enum(BATCH_STATUSES),
  created_at: z.string(),
  /** Of the dataset. */
  rows: z.number().int(),
  /** That the current attempt has predicted, as last reported. */
  rows_done: z.number().int().default(0),
  /** How often it was begun; `attempts.ts` describes this and the next three attributes. */
  attempts: z.number().int().default(0),
  /** The id of the message by which it is being made, or was made last. */
  worker: z.string().optional(),
  /** When that worker can no longer be running. */
  worker_until: z.string().optional(),
  /** Why an attempt ended without a result. */
  attempt_failure: z.string().optional(),
  ...resent,
  started_at: z.string().optional(),
  ended_at: z.string().optional(),
  /** Of the file, once it is completed. */
  file_size: z.number().int().optional(),
  sha256: z.string().optional(),
  /** Once it is completed. Absent for those of earlier builds. */
  warnings: z.array(batchWarning).optional(),
  /** Why it failed, as the API shows it. */
  failure: z
    .object({ message: z.string(), details: z.array(z.object({ field: z.string(), message: z.string() })) })
    .optional(),
});

export type Batch = z.infer<typeof batch>;
export type BatchFailure = NonNullable<Batch['failure']>;
