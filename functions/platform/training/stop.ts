import { z } from 'zod';
import { getJob } from '#domain/training/read.ts';
import { optionalJson } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { id } from '../fields.ts';
import { jobPath } from './fields.ts';
import { stopTraining } from './stop-training.ts';

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
  async handler({ resource: job, body: { keep_best } }, services) {
    return { status: 200, body: { job_id: job.id, ...(await stopTraining(services, job, keep_best)) } };
  },
});
