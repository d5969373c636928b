import { ConflictError } from '#domain/errors.ts';
import { getJob } from '#domain/training/read.ts';
import type { Job } from '#domain/training/record.ts';
import { route } from '#functions/http/route.ts';
import { jobPath, started, startedAnswer } from './fields.ts';
import { type JobRequest, queueJob } from './queue-job.ts';

export const restart = route({
  method: 'POST',
  path: '/training/restart/{job_id}',
  summary: 'Start a training job again that has ended',
  description:
    'An addition to the document: a new job with the same request, which begins from the start. The old one stays as it is.',
  tags: ['Training'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  idempotent: true,
  request: { path: jobPath },
  responses: { 201: { description: 'Queued', schema: started } },
  errors: [400, 409],
  resource: ({ caller, path }, { adapters }) => getJob(adapters.table, caller.accountId, path.job_id),
  async handler({ resource: job }, services) {
    if (job.status === 'queued' || job.status === 'running') {
      throw new ConflictError(`Training job ${job.id} cannot be started again: it is ${job.status}`);
    }
    if (job.kind === 'text')
      throw new ConflictError(`Training job ${job.id} is of the training service: POST /train there`);
    const created = await queueJob(services, job.account_id, requestOf(job));
    return { status: 201, body: startedAnswer(created) };
  },
});

/** What was asked for, with defaults for what was not given. */
const requestOf = ({ model_name: name, ...job }: Job): JobRequest => ({
  name,
  dataset_id: job.dataset_id,
  model_type: job.model_type,
  hyperparameters: job.hyperparameters,
  validation_split: job.validation_split,
  test_split: job.test_split,
  early_stopping: job.early_stopping,
  split: job.split,
  cv: job.cv,
  start_from: job.parent_id,
  compute: job.compute,
  max_seconds: job.max_seconds,
  max_cost: job.max_cost,
});
