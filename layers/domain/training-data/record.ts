/**
 * A file below an account's `training_data/`. Its bytes are a dataset's, which never change: a file that is uploaded again
 * leads to another dataset, so that a model's data can always be told.
 */
import { z } from 'zod';

export const trainingFile = z.object({
  /** Below `training_data/`, such as `sample_training_data.jsonl`. */
  name: z.string(),
  dataset_id: z.string(),
  sha256: z.string(),
  size: z.number().int(),
  rows: z.number().int(),
  updated_at: z.string(),
});

export type TrainingFile = z.infer<typeof trainingFile>;
