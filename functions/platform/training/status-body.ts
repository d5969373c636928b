/** What a job's status says, for those who poll it and for those who watch it. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { JOB_STATUSES, type Job, STOP_REASONS } from '#domain/training/record.ts';
import { id, secondsBetween, time } from '../fields.ts';
import { metricsAnswer, usageAnswer, usageOf, warningsAnswer } from './fields.ts';

export const statusAnswer = z
  .strictObject({
    job_id: id,
    status: z.enum(JOB_STATUSES),
    progress: z.number().min(0).max(100).meta({ description: 'Percent', example: 45 }),
    current_epoch: z.int(),
    total_epochs: z.int(),
    metrics: metricsAnswer,
    started_at: time.nullable(),
    elapsed_time: z.number().meta({ description: 'Seconds since the start, or from start to end', example: 1800 }),
    eta: z.number().nullable().meta({
      description: 'An addition: the seconds that it still needs, by its speed so far; null once it has ended',
      example: 2200,
    }),
    ...usageAnswer,
    waits_for: z
      .literal('dataset')
      .optional()
      .meta({ description: 'An addition: it is queued until its dataset is ready, and is checked then' }),
    stopping: z
      .literal(true)
      .optional()
      .meta({ description: 'An addition: it is about to end with the best weights so far, as its owner asked' }),
    stop_reason: z
      .enum(STOP_REASONS)
      .optional()
      .meta({ description: 'An addition: why a completed job has not run all its epochs' }),
    warnings: warningsAnswer.optional(),
    error: z.string().optional().meta({ description: 'An addition: why the job has failed' }),
    device: z
      .string()
      .optional()
      .meta({ description: 'An addition: the device that trains it, `cpu` or `cuda`', example: 'cpu' }),
    device_reason: z
      .string()
      .optional()
      .meta({ description: 'An addition: why it is not trained on the requested device' }),
  })
  .meta({ id: 'TrainingStatus' });

const elapsed = ({ started_at, ended_at }: Job, now: number): number =>
  started_at === undefined ? 0 : secondsBetween(started_at, ended_at ?? now);

/** From what the trainers have used so far, so that time in which none ran does not count. */
function eta({ status: state, progress, compute_seconds, estimated_time }: Job): number | null {
  if (state !== 'queued' && state !== 'running') return null;
  if (progress === 0 || compute_seconds === 0) return estimated_time;
  return Math.round((compute_seconds * (100 - progress)) / progress);
}

export const statusOf = (job: Job, now: number): z.input<typeof statusAnswer> => ({
  job_id: job.id,
  status: job.status,
  progress: job.progress,
  current_epoch: job.current_epoch,
  total_epochs: job.total_epochs,
  metrics: job.metrics,
  started_at: job.started_at ?? null,
  elapsed_time: elapsed(job, now),
  eta: eta(job),
  ...usageOf(job),
  ...(job.awaits_dataset && job.status === 'queued' ? { waits_for: 'dataset' as const } : {}),
  ...(job.stop_requested && job.ended_at === undefined ? { stopping: true as const } : {}),
  ...(job.stop_reason === undefined ? {} : { stop_reason: job.stop_reason }),
  ...(job.warnings === undefined || job.warnings.length === 0 ? {} : { warnings: job.warnings }),
  ...(job.failure === undefined ? {} : { error: job.failure }),
  ...(job.device === undefined ? {} : { device: job.device }),
  ...(job.device_reason === undefined ? {} : { device_reason: job.device_reason }),
});

/** Of all that is said but the time of day, without which nothing has happened since the last poll. */
export function etagOf({ elapsed_time: _, ...rest }: z.input<typeof statusAnswer>): string {
  return `W/"${createHash('sha256').update(JSON.stringify(rest)).digest('base64url')}"`;
}
