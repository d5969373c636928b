/**
 * A training job and its states:
 *
 *     queued ──► running ──► completed | failed
 *        └─────────┴────────► stopped
 *
 * The transaction that creates a job takes one of the account's slots and counts the job in the dataset's `in_use`; the
 * one that ends it (`endings.ts`) undoes both. In the index are active jobs and, by when, ended ones.
 */
import { z } from 'zod';
import { TASKS, type Task } from '../datasets/profile.ts';
import { datasetWarning } from '../datasets/warnings.ts';
import { COMPUTE_TARGETS } from '../ports/compute/port.ts';
import { parseOnce } from '../ports/table/parse-once.ts';
import { resent } from '../resent.ts';
import { storedObject } from '../stored-object.ts';

export const JOB_STATUSES = ['queued', 'running', 'completed', 'failed', 'stopped'] as const;

/** What early stopping may watch, by task; those of a regression beside its loss. The first four are the document's. */
const CLASSIFICATION_MONITORS = [
  'val_loss',
  'val_accuracy',
  'loss',
  'accuracy',
  'val_balanced_accuracy',
  'val_precision',
  'val_recall',
  'val_f1_score',
  'val_precision_weighted',
  'val_recall_weighted',
  'val_f1_weighted',
  'val_roc_auc',
  'val_log_loss',
  'val_brier_score',
  'val_expected_calibration_error',
] as const;
const REGRESSION_MONITORS = ['rmse', 'mae', 'r2', 'val_rmse', 'val_mae', 'val_r2', 'val_mape', 'val_rmspe'] as const;
const MULTILABEL_MONITORS = [
  'val_precision_micro',
  'val_recall_micro',
  'val_f1_micro',
  'val_precision_macro',
  'val_recall_macro',
  'val_f1_macro',
  'val_hamming_loss',
] as const;
export const MONITORS = [...CLASSIFICATION_MONITORS, ...REGRESSION_MONITORS, ...MULTILABEL_MONITORS] as const;
export type Monitor = (typeof MONITORS)[number];

/** The monitors of a task. */
export const TASK_MONITORS: Readonly<Record<Task, readonly Monitor[]>> = {
  classification: CLASSIFICATION_MONITORS,
  regression: ['val_loss', 'loss', ...REGRESSION_MONITORS],
  multilabel: ['val_loss', 'val_accuracy', 'loss', 'accuracy', ...MULTILABEL_MONITORS],
};

const GREATER_IS_BETTER = /(accuracy|precision|recall|f1_score|_weighted|_micro|_macro|roc_auc|r2)$/;

/** Whether more of a metric is better, by its name. */
export const greaterIsBetter = (metric: string): boolean => GREATER_IS_BETTER.test(metric);

/** Where a job may be requested to run; a single machine has no choice. */
export const COMPUTE_CHOICES = ['auto', ...COMPUTE_TARGETS] as const;

/** Why a completed job has not run all its epochs. */
export const STOP_REASONS = ['early_stopping', 'owner', 'max_seconds', 'max_cost'] as const;
export type StopReason = (typeof STOP_REASONS)[number];

/** How rows are divided that no column divides. */
export const SPLITS = ['stratified', 'random'] as const;

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
  /** Absent in records of earlier builds. */
  dataset_version: z.number().int().optional(),
  model_name: z.string(),
  model_type: z.string(),
  /** What its family learns from. Absent for tables. */
  kind: z.literal('text').optional(),
  /** The model whose weights it starts from. */
  parent_id: z.string().optional(),
  /** A pretrained encoder that is loaded before its first attempt. */
  awaits_encoder: z.string().optional(),
  /** The sweep that it belongs to; with `trial`, it is one of its trials, and makes no model. */
  sweep_id: z.string().optional(),
  trial: z.number().int().optional(),
  task: z.enum(TASKS),
  /** Complete, with defaults for what was not given. */
  hyperparameters: storedObject,
  validation_split: z.number(),
  /** Absent in records of earlier builds: no rows are kept back for a test. */
  test_split: z.number().optional(),
  /** Default: stratified. */
  split: z.enum(SPLITS).optional(),
  /** The parts of its cross-validation. Absent: it has none. */
  cv: z.number().int().optional(),
  early_stopping: earlyStopping,
  /** Those of its dataset, as far as a job carries them; none before the dataset is ready. */
  warnings: z.array(datasetWarning).optional(),
  status: z.enum(JOB_STATUSES),
  created_at: z.string(),
  /** Seconds. */
  estimated_time: z.number(),
  /** An estimate of the memory that its data take during training, in bytes. */
  data_bytes: z.number().optional(),
  /** Its budget: more `compute_seconds` or a higher `estimated_cost` end it, and it completes with the best weights. */
  max_seconds: z.number().optional(),
  max_cost: z.number().optional(),
  /** Its owner has stopped it and wants the best weights so far: the trainer is to complete it. */
  stop_requested: z.literal('keep_best').optional(),
  stop_reason: z.enum(STOP_REASONS).optional(),
  /** Where to run it, as requested. `auto`, the default, decides by the estimate. */
  compute: z.enum(COMPUTE_CHOICES).optional(),
  /**
   * Its dataset was not ready when it was created: what it is to learn from has not been checked yet, and what depends on
   * that is a guess; see `waiting.ts`.
   */
  awaits_dataset: z.literal(true).optional(),
  /** It is one of the jobs that the installation's limit counts; see `installation/jobs.ts`. */
  counted: z.literal(true).optional(),
  /** The number of the current attempt; the trainer of an earlier one can no longer write. */
  attempt: z.number().int(),
  /** Attempts that were lost with their host: they do not count towards the maximum. */
  excused_attempts: z.number().int().optional(),
  /** The current run of the attempt: Compute may run a task again on another host; see `attempts.ts`. */
  run: z.number().int().optional(),
  total_epochs: z.number().int(),
  current_epoch: z.number().int().default(0),
  /** Percent, 0–100. */
  progress: z.number().default(0),
  metrics: metrics.default({}),
  /** The best value so far of the metric that decides which epoch is the best, where the job names one. */
  best_metric: z.number().optional(),
  started_at: z.string().optional(),
  /** The time of the last heartbeat. */
  heartbeat_at: z.string().optional(),
  /** While it is first in the queue and waits for a machine: since when. */
  unplaced_since: z.string().optional(),
  ...resent,
  ended_at: z.string().optional(),
  model_id: z.string().optional(),
  final_metrics: metrics.optional(),
  failure: z.string().optional(),
  /** Stable, for programs; absent where there is none for it. */
  failure_code: z.string().optional(),
  /** What runs it, or ran it last: `cpu` or `cuda`. */
  device: z.string().optional(),
  /** Why it is not the requested device. */
  device_reason: z.string().optional(),
  /**
   * Seconds that trainers used, over all runs of all attempts: each from its first heartbeat to its last. Time between
   * runs, and time after a trainer's last heartbeat until it was killed, does not count.
   */
  compute_seconds: z.number().default(0),
  /** The cost of those seconds, in US dollars at list prices. */
  estimated_cost: z.number().default(0),
});

export type Job = z.infer<typeof job>;

export const parseJob = parseOnce(job);

/** What all trainers of a job used together. */
export type ComputeUsage = Pick<Job, 'compute_seconds' | 'estimated_cost'>;
