import { z } from 'zod';
import { TASKS } from './profile.ts';

export const DATASET_STATUSES = ['processing', 'ready', 'failed'] as const;

/** `auto` until processing has found out. */
export const DATASET_TYPES = ['auto', ...TASKS] as const;

export const dataset = z.object({
  id: z.string(),
  account_id: z.string(),
  name: z.string(),
  description: z.string(),
  dataset_type: z.enum(DATASET_TYPES),
  /** The form's `target`, where one was given. */
  requested_target: z.string().optional(),
  file_name: z.string(),
  file_size: z.number().int(),
  uploaded_at: z.string(),
  status: z.enum(DATASET_STATUSES),
  rows: z.number().int().optional(),
  columns: z.number().int().optional(),
  target: z.string().optional(),
  sha256: z.string().optional(),
  /** Why it failed: the body that the API shows. */
  failure: z
    .object({ message: z.string(), details: z.array(z.object({ field: z.string(), message: z.string() })) })
    .optional(),
  /** Active jobs that read it: it cannot be deleted meanwhile. */
  in_use: z.number().int().default(0),
});

export type Dataset = z.infer<typeof dataset>;

export type DatasetFailure = NonNullable<Dataset['failure']>;
