import { z } from 'zod';
import { findModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import { route } from '#functions/http/route.ts';
import { version } from '../fields.ts';
import { spelled } from '../versions.ts';
import { getTextJob, jobPath } from './find.ts';
import { jobCode, jobError, jobFacts, progressFacts, showJob, showMore, showProgress, stage } from './job-body.ts';

const result = z
  .strictObject({
    model_id: z.uuid().meta({ description: 'The model of the platform' }),
    version: version.nullable().meta({ description: 'null if the model was deleted since' }),
    metrics: z.record(z.string(), z.number()),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'JobResult' });

const answer = z
  .strictObject({
    ...jobFacts,
    ...progressFacts,
    result: result.nullable().meta({ description: 'null unless it is completed' }),
    stage,
    error: jobError,
    code: jobCode,
  })
  .meta({ id: 'Job' });

export const read = route({
  method: 'GET',
  path: '/jobs/{job_id}',
  summary: 'Get the status of a training job',
  tags: ['Training'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  request: { path: jobPath },
  responses: { 200: { description: 'How far it is', schema: answer } },
  async handler({ caller, path }, { adapters: { table, now } }) {
    const job = await getTextJob(table, caller.accountId, path.job_id);
    const { model_id, final_metrics = {} } = job;
    const model = model_id === undefined ? undefined : await findModel(table, caller.accountId, model_id);
    return {
      status: 200,
      body: {
        ...showJob(job, now()),
        ...showProgress(job),
        ...showMore(job),
        result: model_id === undefined ? null : resultOf(model_id, final_metrics, model),
      },
    };
  },
});

const judged = z.object({
  warnings: z.array(z.string()),
  evaluation: z.object({ warnings: z.array(z.string()) }),
});

function resultOf(
  model_id: string,
  last: Readonly<Record<string, number>>,
  model: Model | undefined,
): z.input<typeof result> {
  if (!model) return { model_id, version: null, metrics: { ...last }, warnings: [] };
  const { warnings, evaluation } = judged.parse(model.training_config);
  return {
    model_id,
    version: spelled(model),
    metrics: { ...last, ...model.performance },
    warnings: [...warnings, ...evaluation.warnings],
  };
}
