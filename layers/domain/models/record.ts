import { z } from 'zod';
import { columnFormat } from '../datasets/column-format.ts';
import { TASKS } from '../datasets/profile.ts';
import { datasetWarning } from '../datasets/warnings.ts';
import { parseOnce } from '../ports/table/parse-once.ts';
import { storedObject } from '../stored-object.ts';
import { vaultOrigin } from '../vault/served.ts';

/** One value of a prediction's input. */
export const featureSpec = z.object({
  name: z.string(),
  type: z.enum(['number', 'category', 'boolean', 'timestamp']),
  /** How its values are written. Absent for models of earlier builds. */
  format: columnFormat.optional(),
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
  /** Which part of the version was raised and why, such as `minor: learning_rate 0.01 → 0.001`. */
  version_reason: z.string().optional(),
  /** The version of this name before it, if there was one. */
  previous_id: z.string().optional(),
  /** The model that its job started from, if it did. */
  parent_id: z.string().optional(),
  model_type: z.string(),
  task: z.enum(TASKS),
  /** What it was made of, for a model that was deployed from the vault. */
  vault: vaultOrigin.optional(),
  /** Absent for a model that was imported, as are its data. */
  job_id: z.string().optional(),
  dataset_id: z.string().optional(),
  dataset_version: z.number().int().optional(),
  /** Those of its data, as far as a model carries them. */
  warnings: z.array(datasetWarning).optional(),
  /** Of the bytes that it was trained on. */
  dataset_sha256: z.string().optional(),
  architecture: z.object({
    input_shape: z.array(z.number().int()),
    /** 1 for regression. */
    output_classes: z.number().int(),
    parameters: z.number().int(),
  }),
  target: z.string(),
  /** Of the best epoch, on the validation rows (on the training rows if there are none). */
  performance: z.record(z.string(), z.number()),
  /** Of the same epoch, on rows that decided nothing. Absent if none were kept back for a test. */
  test_performance: z.record(z.string(), z.number()).optional(),
  final_metrics: z.record(z.string(), z.number()),
  training_config: storedObject,
  hyperparameters: storedObject,
  artifacts: z.array(artifact),
  created_at: z.string(),
  /** Active jobs that start from it and batch predictions that use it: it cannot be deleted while there are any. */
  in_use: z.number().int().default(0),
  /** How many aliases point to it: it cannot be deleted while there are any. */
  aliases: z.number().int().default(0),
  tags: z.record(z.string(), z.string()).default({}),
  notes: z.string().default(''),
  /** Present while its predictions are logged, for so many days. */
  prediction_log: z.object({ days: z.number().int() }).optional(),
  /** Counts the changes of tags, notes and logging. */
  revision: z.number().int().default(0),
});

export type Model = z.infer<typeof model>;

/** The `model_type` of a file of weights that was imported: it does not predict, and a training can start from it. */
export const WEIGHTS_TYPE = 'weights';

export const parseModel = parseOnce(model);

/** What predictions need of a model. */
export const servedModel = model.pick({
  id: true,
  account_id: true,
  artifacts: true,
  number: true,
  prediction_log: true,
});

export type ServedModel = z.infer<typeof servedModel>;

export const parseServedModel = parseOnce(servedModel);

export type Artifact = z.infer<typeof artifact>;

/** What a model begins with, besides what its training made. */
export const NEW_MODEL = { in_use: 0, aliases: 0, tags: {}, notes: '', revision: 0 } as const;

/** What a training makes: number and version are assigned when the job is completed. */
export type TrainedModel = Omit<
  Model,
  keyof typeof NEW_MODEL | 'number' | 'version' | 'version_reason' | 'previous_id'
>;

/** The latest model that was created under a name, deleted or not: the next version follows from it. */
export const lineage = z.object({
  model_id: z.string().optional(),
  version: z.string(),
  model_type: z.string(),
  hyperparameters: storedObject,
});
