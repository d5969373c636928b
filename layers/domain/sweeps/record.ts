/**
 * A search for hyperparameters, and its states:
 *
 *     running ──► completed | failed | stopped
 *
 * Each trial is a job without a model. When all trials have ended, one more job with the best hyperparameters makes the
 * model. A change replaces the whole record, if its revision is still the one that was read. In the index are
 * running ones and, by when, ended ones.
 *
 * As long as it is running, also between two trials, it is counted in the `in_use` of its dataset: from the transaction
 * that creates it to the one that ends it; so it is in that of the model that its trials start from, if they do.
 */
import { z } from 'zod';
import { storedObject } from '../stored-object.ts';
import { job } from '../training/record.ts';

export const SWEEP_STATUSES = ['running', 'completed', 'failed', 'stopped'] as const;
export const TRIAL_STATUSES = ['pending', 'running', 'completed', 'failed', 'stopped'] as const;
export const SWEEP_METHODS = ['grid', 'random', 'halving'] as const;

export const trial = z.object({
  /** From 1. */
  number: z.number().int(),
  /** Of successive halving, from 0: a higher one trains longer. */
  rung: z.number().int(),
  /** Complete, as those of a job. */
  hyperparameters: storedObject,
  total_epochs: z.number().int(),
  /** Seconds. */
  estimated_time: z.number(),
  status: z.enum(TRIAL_STATUSES),
  /** Assigned before the job is created, so that a crash in between does not create two. */
  job_id: z.string().exactOptional(),
  /** Of the best epoch, by the sweep's metric. */
  score: z.number().exactOptional(),
  failure: z.string().exactOptional(),
  /** The limits of its job, assigned with it. */
  max_seconds: z.number().exactOptional(),
  max_cost: z.number().exactOptional(),
  /** What its job has used, once that has ended. */
  compute_seconds: z.number().exactOptional(),
  estimated_cost: z.number().exactOptional(),
});
export type Trial = z.infer<typeof trial>;

/** What all jobs of a sweep have in common. */
export const sweepBase = job.pick({
  dataset_id: true,
  dataset_name: true,
  dataset_version: true,
  parent_id: true,
  task: true,
  validation_split: true,
  test_split: true,
  split: true,
  early_stopping: true,
  warnings: true,
  data_bytes: true,
  compute: true,
});

export const sweep = z.object({
  id: z.string(),
  account_id: z.string(),
  /** The model's. */
  name: z.string(),
  model_type: z.string(),
  method: z.enum(SWEEP_METHODS),
  /** By which trials are compared, as a history names it. */
  metric: z.string(),
  status: z.enum(SWEEP_STATUSES),
  created_at: z.string(),
  ended_at: z.string().exactOptional(),
  revision: z.number().int(),
  /** Trials that run at the same time, at most. */
  parallel: z.number().int(),
  /** Of successive halving: one of so many goes on to the next rung, and trains so many times as long. */
  factor: z.number().int(),
  rungs: z.number().int(),
  /** Of all its jobs together, and of each of them; see `budget.ts`. */
  max_seconds: z.number().exactOptional(),
  max_cost: z.number().exactOptional(),
  trial_max_seconds: z.number().exactOptional(),
  trial_max_cost: z.number().exactOptional(),
  dataset_id: z.string(),
  /** When the file of the dataset was last given to be read again, if it was: trials were checked against what was found. */
  read_at: z.string().exactOptional(),
  /** Counted in the dataset's `in_use`. Missing where an earlier version began it, until it is next brought on. */
  holds_dataset: z.literal(true).exactOptional(),
  /** What all its jobs have in common: `sweepBase`. */
  base: storedObject,
  trials: z.array(trial),
  /** The job that makes the model, once the best trial is known. */
  best_trial: z.number().int().exactOptional(),
  final_job_id: z.string().exactOptional(),
  /** What the job that makes the model has used, once it has ended. */
  final_usage: z.object({ compute_seconds: z.number(), estimated_cost: z.number() }).exactOptional(),
  model_id: z.string().exactOptional(),
  failure: z.string().exactOptional(),
  /** Why there are fewer trials than were asked for, and what the budget did to the training of the best. */
  notice: z.string().exactOptional(),
});
export type Sweep = z.infer<typeof sweep>;
