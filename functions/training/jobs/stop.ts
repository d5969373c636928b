import { z } from 'zod';
import { JOB_STATUSES } from '#domain/training/record.ts';
import { optionalJson } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { stopTraining } from '#functions/platform/training/stop-training.ts';
import { getTextJob, jobPath } from './find.ts';

const body = z
  .strictObject({
    keep_best: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether a running job ends with a model of the best weights so far' }),
  })
  .meta({ id: 'StopRequest' });

const answer = z
  .strictObject({
    message: z.string(),
    job_id: z.string(),
    status: z.enum([...JOB_STATUSES, 'stopping']).meta({ example: 'stopped' }),
  })
  .meta({ id: 'JobStopped' });

export const stop = route({
  method: 'POST',
  path: '/jobs/{job_id}/stop',
  summary: 'Stop a training job that is queued or running',
  description: 'An addition.',
  tags: ['Training'],
  authentication: 'operator',
  scope: 'train',
  cost: 'request',
  request: { path: jobPath, body: optionalJson(body, { keep_best: true }) },
  responses: { 200: { description: 'Stopped', schema: answer } },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getTextJob(adapters.table, caller.accountId, path.job_id),
  async handler({ resource: job, body: { keep_best } }, services) {
    const { status, message } = await stopTraining(services, job, keep_best);
    return { status: 200, body: { message, job_id: job.id, status } };
  },
});
