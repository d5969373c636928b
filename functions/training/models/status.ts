import { z } from 'zod';
import { route } from '#functions/http/route.ts';
import { findFamily, modelName, modelPath, percent, time } from '../fields.ts';
import { jobCode, jobError, progressFacts, showJob, showMore, showProgress, stage } from '../jobs/job-body.ts';
import { MODEL_STATUSES, readKnown, statusOf } from './model.ts';

const answer = z
  .strictObject({
    model_name: modelName,
    status: z.enum(MODEL_STATUSES),
    progress: percent,
    ...progressFacts,
    start_time: time.nullable().meta({ description: 'null before the first job' }),
    estimated_completion: time.nullable().meta({ description: 'null before the first job' }),
    job_id: z.string().nullable().meta({ description: 'An addition: the latest job' }),
    stage,
    error: jobError,
    code: jobCode,
  })
  .meta({ id: 'TrainingStatus' });

const NO_JOB = {
  ...{ progress: 0, current_epoch: 0, total_epochs: 0, current_loss: null, best_metric: null },
  ...{ start_time: null, estimated_completion: null, job_id: null },
} as const;

export const status = route({
  method: 'GET',
  path: '/models/{model_name}/status',
  summary: "Get the status of a model's latest training",
  tags: ['Models'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath },
  responses: { 200: { description: 'How far it is', schema: answer } },
  async handler({ caller, path }, { adapters: { table, now } }) {
    const { name } = findFamily(path.model_name);
    const known = await readKnown(table, caller.accountId, name);
    const of = { model_name: name, status: statusOf(known) };
    const { job } = known;
    if (!job) return { status: 200, body: { ...of, ...NO_JOB } };
    return { status: 200, body: { ...showProgress(job), ...showJob(job, now()), ...showMore(job), ...of } };
  },
});
