/** What a job says of itself, in lists and alone. */
import { z } from 'zod';
import { isoTime } from '#domain/times.ts';
import { JOB_STATUSES, type Job } from '#domain/training/record.ts';
import { modelName, percent, time } from '../fields.ts';

export const jobFacts = {
  job_id: z.string().meta({ example: '019a0c9b-8f5e-7c3a-9d47-2f6b1e0a4c55' }),
  model_name: modelName,
  status: z.enum(JOB_STATUSES),
  progress: percent,
  start_time: time.meta({ description: 'While it is queued, when it was created' }),
  estimated_completion: time.meta({ description: 'By its speed so far; once it has ended, when that was' }),
};

export const progressFacts = {
  current_epoch: z.int().meta({ example: 2 }),
  total_epochs: z.int().meta({ example: 3 }),
  current_loss: z.number().nullable().meta({ description: 'null before the end of the first epoch', example: 0.234 }),
  best_metric: z
    .number()
    .nullable()
    .meta({ description: 'Of `metric_for_best_model`; null before the end of the first epoch', example: 0.92 }),
};

export const jobError = z
  .string()
  .optional()
  .meta({ description: 'An addition: why it has failed', example: 'row 3 label must be one of …' });

export const jobCode = z
  .string()
  .optional()
  .meta({ description: 'An addition: why it has failed, for programs', example: 'HUB_UNREACHABLE' });

export const stage = z
  .enum(['loading', 'stopping'])
  .optional()
  .meta({ description: 'An addition: `loading` while its encoder is loaded; `stopping` when it is about to end' });

export const showJob = (of: Job, now: number) => ({
  job_id: of.id,
  model_name: of.model_type,
  status: of.status,
  progress: of.progress,
  start_time: of.started_at ?? of.created_at,
  estimated_completion: of.ended_at ?? isoTime(now + 1000 * secondsLeft(of)),
});

export const showProgress = ({ current_epoch, total_epochs, metrics, best_metric }: Job) => ({
  current_epoch,
  total_epochs,
  current_loss: metrics.loss ?? null,
  best_metric: best_metric ?? null,
});

/** From what the trainers have used so far, so that time in which none ran does not count. */
function secondsLeft({ progress, compute_seconds, estimated_time }: Job): number {
  if (progress === 0 || compute_seconds === 0) return estimated_time;
  return (compute_seconds * (100 - progress)) / progress;
}

export const showMore = (of: Job) => ({
  ...(of.awaits_encoder !== undefined && of.status === 'queued' ? { stage: 'loading' as const } : {}),
  ...(of.stop_requested && of.ended_at === undefined ? { stage: 'stopping' as const } : {}),
  ...(of.failure === undefined ? {} : { error: of.failure }),
  ...(of.failure_code === undefined ? {} : { code: of.failure_code }),
});
