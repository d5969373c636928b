import { z } from 'zod';
import { TASKS } from '../datasets/profile.ts';

/** One value of a prediction's input. */
export const featureSpec = z.object({
  name: z.string(),
  type: z.enum(['number', 'category', 'boolean', 'timestamp']),
});

export const artifact = z.object({
  /** File name below the model's prefix, such as `model.onnx`. */
  file: z.string(),
  size: z.number().int(),
  sha256: z.string(),
});

export const model = z.object({
  id: z.string(),
  account_id: z.string(),
  /** Counted per account from 1. */
  number: z.number().int(),
  name: z.string(),
  version: z.string(),
  model_type: z.string(),
  task: z.enum(TASKS),
  job_id: z.string(),
  dataset_id: z.string(),
  architecture: z.object({
    input_shape: z.array(z.number().int()),
    /** 1 for regression. */
    output_classes: z.number().int(),
    parameters: z.number().int(),
  }),
  target: z.string(),
  /** Of the best epoch, on the validation rows (on the training rows if there are none). */
  performance: z.record(z.string(), z.number()),
  final_metrics: z.record(z.string(), z.number()),
  training_config: z.record(z.string(), z.json()),
  hyperparameters: z.record(z.string(), z.json()),
  artifacts: z.array(artifact),
  created_at: z.string(),
});

export type Model = z.infer<typeof model>;

export const lineage = z.object({
  version: z.string(),
  model_type: z.string(),
  hyperparameters: z.record(z.string(), z.json()),
});
