/**
 * A training job and its way:
 *
 *     queued ──► running ──► completed | failed
 *        └─────────┴────────► stopped
 *
 * An account's slot and the dataset's mark of use are taken in the transaction that writes the job, and given back in
 * the one that ends it (`job-endings.ts`). Only active jobs are in the index.
 */
import { z } from 'zod';
import { TASKS } from '../datasets/profile.ts';
import { COMPUTE_TARGETS } from '../ports/compute/port.ts';

export const JOB_STATUSES = ['queued', 'running', 'completed', 'failed', 'stopped'] as const;

export const MONITORS = ['val_loss', 'val_accuracy', 'loss', 'accuracy'] as const;

/** Where a job may be asked to run; one machine has one place only. */
export const COMPUTE_CHOICES = ['auto', ...COMPUTE_TARGETS] as const;

export const earlyStopping = z.object({
  enabled: z.boolean(),
  patience: z.number().int(),
  monitor: z.enum(MONITORS),
});

/** Metric names are those of the specification: `loss`, `accuracy`, `val_loss`, `val_accuracy`, and for regression `rmse`, `mae`, `r2` and their `val_…`. */
export const metrics = z.record(z.string(), z.number());

export type Metrics = z.infer<typeof metrics>;

export const job = z.object({
  id: z.string(),
  account_id: z.string(),
  dataset_id: z.string(),
  dataset_name: z.string(),
  model_name: z.string(),
  model_type: z.string(),
  task: z.enum(TASKS),
  /** Complete: what was not given is there with its default. */
  hyperparameters: z.record(z.string(), z.json()),
  validation_split: z.number(),
  early_stopping: earlyStopping,
  status: z.enum(JOB_STATUSES),
  created_at: z.string(),
  /** Seconds. */
  estimated_time: z.number(),
  /** About the memory that its data take as they are learned from, in bytes. */
  data_bytes: z.number().optional(),
  /** Where to run it, as requested. `auto`, also where nothing is said: by the estimate. */
  compute: z.enum(COMPUTE_CHOICES).optional(),
  /** How often it was started; the trainer of an earlier attempt can write no more. */
  attempt: z.number().int(),
  /** Attempts that were lost together with their host: they do not count against the job. */
  excused_attempts: z.number().int().optional(),
  /** Which run of the attempt it is, where Compute by itself runs one again on another host; see `attempts.ts`. */
  run: z.number().int().optional(),
  total_epochs: z.number().int(),
  current_epoch: z.number().int().default(0),
  /** Percent, 0–100. */
  progress: z.number().default(0),
  metrics: metrics.default({}),
  started_at: z.string().optional(),
  /** When the trainer was last heard of. */
  heartbeat_at: z.string().optional(),
  /** While it waits for a machine with nothing ahead of it in line: since when. */
  unplaced_since: z.string().optional(),
  ended_at: z.string().optional(),
  model_id: z.string().optional(),
  final_metrics: metrics.optional(),
  failure: z.string().optional(),
  /** What runs it, or ran it last: `cpu` or `cuda`. */
  device: z.string().optional(),
  /** Why it is not the device that was asked for. */
  device_reason: z.string().optional(),
  /**
   * Seconds that trainers have spent on it: of each from its first word to its last, over all runs of all attempts. The
   * time between them, and what a trainer did after its last word before it was killed, do not count.
   */
  compute_seconds: z.number().default(0),
  /** What those seconds cost where they were spent, in US dollars at list prices. */
  estimated_cost: z.number().default(0),
});

export type Job = z.infer<typeof job>;

/** What a job has taken, of all its trainers together. */
export type ComputeUsage = Pick<Job, 'compute_seconds' | 'estimated_cost'>;
