import { z } from 'zod';
import type { Task } from '#domain/datasets/profile.ts';
import { datasetWarning } from '#domain/datasets/warnings.ts';
import { LIMITS } from '#domain/limits.ts';
import { type ComputeUsage, type Job, MONITORS, SPLITS, TASK_MONITORS } from '#domain/training/record.ts';
import { id, time } from '../fields.ts';

export const jobPath = z.strictObject({ job_id: id });

export const DEFAULT_MONITOR = 'val_loss';

export const earlyStoppingRequest = z
  .strictObject({
    enabled: z.boolean().default(false),
    patience: z
      .int()
      .min(1)
      .max(1000)
      .default(10)
      .meta({ description: 'Epochs without an improvement before training stops' }),
    monitor: z.enum(MONITORS).default(DEFAULT_MONITOR).meta({
      description:
        'The metric that decides which epoch is the best; `val_roc_auc` is one class against the others, on average, where there are more than two',
    }),
  })
  .meta({ example: { enabled: true, patience: 10, monitor: 'val_loss' } });

export const budgetSeconds = z.number().min(LIMITS.budgetSeconds.min).max(LIMITS.budgetSeconds.max);
export const budgetDollars = z.number().min(LIMITS.budgetDollars.min).max(LIMITS.budgetDollars.max);

export const split = z.enum(SPLITS).optional().meta({
  description:
    'An addition: how rows are divided that no column with the role `group` or `time` divides: the same share of each class, or of each tenth of the rows by target (`stratified`, the default), or `random`, whatever their target',
  example: 'stratified',
});

export const startFrom = id.meta({
  description:
    'An addition: a model of the same type to start from, or a file of weights (`.pth`, `.safetensors`) that was imported. The features have to be those of the model; a last layer for other classes is drawn anew',
});

/** The monitors that a job computes. */
export const monitorsOf = (task: Task, validated: boolean): readonly Job['early_stopping']['monitor'][] =>
  TASK_MONITORS[task].filter((monitor) => validated || !monitor.startsWith('val_'));

/** What starting a job answers. */
export const started = z
  .strictObject({
    job_id: id,
    status: z.literal('queued'),
    created_at: time,
    estimated_time: z.number().meta({ description: 'Seconds', example: 3600 }),
  })
  .meta({ id: 'TrainingStarted' });

export const startedAnswer = ({ id, created_at, estimated_time }: Job): z.input<typeof started> => ({
  job_id: id,
  status: 'queued',
  created_at,
  estimated_time,
});

export const metricsAnswer = z.record(z.string(), z.number()).meta({
  description:
    'By name: loss, accuracy (rmse, mae, r2 for regression), and the same on the validation rows, and of a finished job on the test rows',
  example: { loss: 0.234, accuracy: 0.912, val_loss: 0.301, val_accuracy: 0.889 },
});

/** The warnings of the data, as jobs, results and models carry them. */
export const warningsAnswer = z.array(datasetWarning).meta({
  description: 'An addition: what was decided about the data that you may see differently, the most important first',
});

/** A job's usage, as responses show it. */
export const usageAnswer = {
  compute_seconds: z.number().meta({ description: 'An addition: seconds of compute used', example: 20 }),
  estimated_cost: z.number().meta({
    description: 'An addition: the cost of those seconds in US dollars at list prices; 0 on your own machine',
    example: 0.000783,
  }),
};

/** Rounded to milliseconds and to millionths of a dollar. */
export const usageOf = ({ compute_seconds, estimated_cost }: ComputeUsage): ComputeUsage => ({
  compute_seconds: rounded(compute_seconds, 1e3),
  estimated_cost: rounded(estimated_cost, 1e6),
});

const rounded = (value: number, parts: number): number => Math.round(value * parts) / parts;
