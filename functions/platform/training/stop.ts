import { z } from 'zod';
import { ConflictError } from '#domain/errors.ts';
import { publishEvent } from '#domain/events/outbox.ts';
import { isoTime } from '#domain/times.ts';
import { taskId } from '#domain/training/attempts.ts';
import { requestKeepBest, stopJob } from '#domain/training/endings.ts';
import { getJob } from '#domain/training/read.ts';
import { optionalJson } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { id } from '../fields.ts';
import { jobPath } from './fields.ts';

const body = z
  .strictObject({
    keep_best: z.boolean().default(false).meta({
      description:
        'An addition: a running job ends as early stopping ends it, with a model of the best weights so far. It is `stopping` until then',
    }),
  })
  .meta({ id: 'TrainingStop' });

const answer = z
  .strictObject({ job_id: id, status: z.enum(['stopped', 'stopping']), message: z.string() })
  .meta({ id: 'TrainingStopped' });

export const stop = route({
  method: 'POST',
  path: '/training/stop/{job_id}',
  summary: 'Stop a training job that is queued or running',
  tags: ['Training'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: jobPath, body: optionalJson(body, { keep_best: true }) },
  responses: { 200: { description: 'Stopped', schema: answer } },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getJob(adapters.table, caller.accountId, path.job_id),
  async handler({ resource: job, body: { keep_best } }, { adapters, logger }) {
    const { table, compute, now } = adapters;
    if (keep_best && (await requestKeepBest(table, job))) {
      const message = 'Training job will stop and keep the best weights so far';
      return { status: 200, body: { job_id: job.id, status: 'stopping', message } };
    }
    const event = await stopJob(table, job, isoTime(now()));
    if (!event) {
      const { status } = await getJob(table, job.account_id, job.id);
      throw new ConflictError(`Training job ${job.id} cannot be stopped: it is ${status}`);
    }
    try {
      if (job.attempt > 0) await compute.terminate(taskId(job), 'stopped by its owner');
    } catch (error) {
      // The job is stopped all the same: the trainer notices it at its next report.
      logger.warn('trainer not terminated', { job_id: job.id, error });
    }
    await publishEvent(adapters, event, (message, about) => logger.warn(message, about));
    return {
      status: 200,
      body: { job_id: job.id, status: 'stopped', message: 'Training job stopped successfully' },
    };
  },
});
