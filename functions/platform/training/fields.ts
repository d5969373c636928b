import { z } from 'zod';
import { type Job, MONITORS } from '#domain/jobs.ts';
import type { Task } from '#domain/profile.ts';
import { id } from '../fields.ts';

export const jobPath = z.strictObject({ job_id: id });

export const earlyStoppingRequest = z.strictObject({
  enabled: z.boolean().default(false),
  patience: z.int().min(1).max(1000).default(10).meta({ description: 'Epochs without a better one' }),
  monitor: z.enum(MONITORS).default('val_loss'),
});

/** Which of the monitors a job computes. */
export const monitorsOf = (task: Task, validated: boolean): readonly Job['early_stopping']['monitor'][] =>
  MONITORS.filter(
    (monitor) => (validated || !monitor.startsWith('val_')) && (task === 'classification' || monitor.endsWith('loss')),
  );

export const metricsAnswer = z.record(z.string(), z.number()).meta({
  description: 'By name: loss, accuracy (rmse, mae, r2 for regression), and the same of the validation rows',
  example: { loss: 0.234, accuracy: 0.912, val_loss: 0.301, val_accuracy: 0.889 },
});
