import { z } from 'zod';
import { getJob } from '#domain/training/read.ts';
import { JOB_STATUSES, type Job } from '#domain/training/record.ts';
import { route } from '#functions/http/route.ts';
import { id, secondsBetween, time } from '../fields.ts';
import { jobPath, metricsAnswer, usageAnswer, usageOf } from './fields.ts';

const answer = z
  .strictObject({
    job_id: id,
    status: z.enum(JOB_STATUSES),
    progress: z.number().min(0).max(100).meta({ description: 'Percent', example: 45 }),
    current_epoch: z.int(),
    total_epochs: z.int(),
    metrics: metricsAnswer,
    started_at: time.nullable(),
    elapsed_time: z.number().meta({ description: 'Seconds since the start, or from start to end', example: 1800 }),
    ...usageAnswer,
    waits_for: z
      .literal('dataset')
      .optional()
      .meta({ description: 'An addition: it is queued until its dataset is ready, and is checked then' }),
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

export const status = route({
  method: 'GET',
  path: '/training/status/{job_id}',
  summary: 'Check the status of a training job',
  tags: ['Training'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: jobPath },
  responses: { 200: { description: 'How far it is', schema: answer } },
  resource: ({ caller, path }, { adapters }) => getJob(adapters.table, caller.accountId, path.job_id),
  handler: ({ resource: job }, { adapters }) => ({
    status: 200,
    body: {
      job_id: job.id,
      status: job.status,
      progress: job.progress,
      current_epoch: job.current_epoch,
      total_epochs: job.total_epochs,
      metrics: job.metrics,
      started_at: job.started_at ?? null,
      elapsed_time: elapsed(job, adapters.now()),
      ...usageOf(job),
      ...(job.awaits_dataset && job.status === 'queued' ? { waits_for: 'dataset' as const } : {}),
      ...(job.failure === undefined ? {} : { error: job.failure }),
      ...(job.device === undefined ? {} : { device: job.device }),
      ...(job.device_reason === undefined ? {} : { device_reason: job.device_reason }),
    },
  }),
});
