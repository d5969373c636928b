import { json as readJson } from 'node:stream/consumers';
import { z } from 'zod';
import { blobKeys } from '#domain/blob-keys.ts';
import { ConflictError, InternalError } from '#domain/errors.ts';
import type { Blobs } from '#domain/ports/blobs/port.ts';
import { BlobNotFoundError } from '#domain/ports/errors.ts';
import { getJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { route } from '#functions/http/route.ts';
import { evaluation } from '#learning/assess/evaluation.ts';
import { id, secondsBetween, time } from '../fields.ts';
import { jobPath, metricsAnswer, usageAnswer, usageOf, warningsAnswer } from './fields.ts';

const history = z.record(z.string(), z.array(z.number())).meta({
  description: 'Each metric by epoch',
  example: { loss: [0.9, 0.7, 0.5], val_loss: [0.95, 0.8, 0.6] },
});

const answer = z
  .strictObject({
    job_id: id,
    status: z.literal('completed'),
    model_id: id,
    final_metrics: metricsAnswer.meta({
      example: { train_loss: 0.123, train_accuracy: 0.956, val_loss: 0.234, val_accuracy: 0.912 },
    }),
    training_history: history,
    duration: z.number().meta({ description: 'Seconds', example: 3600 }),
    completed_at: time,
    dataset_version: z
      .int()
      .nullable()
      .meta({ description: 'An addition: null for jobs of earlier builds', example: 1 }),
    warnings: warningsAnswer,
    evaluation: evaluation.nullable().meta({
      description:
        'An addition: how good the model is, and by how much that is more than nothing; null for jobs of earlier builds',
    }),
    ...usageAnswer,
  })
  .meta({ id: 'TrainingResults' });

/** Why there are no results, by the job's status. */
const REASONS: Readonly<Record<Exclude<Job['status'], 'completed'>, (of: Job) => string>> = {
  queued: (of) => `Training job ${of.id} is still queued`,
  running: (of) => `Training job ${of.id} is still running`,
  failed: (of) => `Training job ${of.id} has failed: ${of.failure ?? 'no reason is known'}`,
  stopped: (of) => `Training job ${of.id} was stopped`,
};

export const results = route({
  method: 'GET',
  path: '/training/results/{job_id}',
  summary: 'Get final training results',
  tags: ['Training'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: jobPath },
  responses: { 200: { description: 'The results', schema: answer } },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getJob(adapters.table, caller.accountId, path.job_id),
  async handler({ resource: job }, { adapters }) {
    if (job.status !== 'completed') throw new ConflictError(REASONS[job.status](job));
    if (job.trial !== undefined) {
      throw new ConflictError(`Training job ${job.id} is a trial of sweep ${job.sweep_id}, which has its score`);
    }
    const { model_id, ended_at, started_at } = job;
    if (model_id === undefined || ended_at === undefined) {
      throw new InternalError(`completed job ${job.id} has no model or no end`);
    }
    const { body } = await adapters.blobs.artifacts.get(blobKeys.jobHistory(job.account_id, job.id));
    return {
      status: 200,
      body: {
        job_id: job.id,
        status: 'completed',
        model_id,
        final_metrics: job.final_metrics ?? {},
        training_history: history.parse(await readJson(body)),
        duration: secondsBetween(started_at ?? job.created_at, ended_at),
        completed_at: ended_at,
        dataset_version: job.dataset_version ?? null,
        warnings: job.warnings ?? [],
        evaluation: await readEvaluation(adapters.blobs.artifacts, job),
        ...usageOf(job),
      },
    };
  },
});

/** Jobs of earlier builds, and of texts, have none. */
async function readEvaluation(artifacts: Blobs, { account_id, id }: Job) {
  try {
    const { body } = await artifacts.get(blobKeys.jobEvaluation(account_id, id));
    return evaluation.parse(await readJson(body));
  } catch (error) {
    if (error instanceof BlobNotFoundError) return null;
    throw error;
  }
}
