import { z } from 'zod';
import { listJobs } from '#domain/training/lists.ts';
import { JOB_STATUSES, type Job } from '#domain/training/record.ts';
import { route } from '#functions/http/route.ts';
import { id, nextCursor, pageAnswer, paging, time } from '../fields.ts';

const query = z.strictObject({
  ...paging,
  status: z.enum(JOB_STATUSES).optional().meta({ description: 'Filter by status' }),
  model_type: z.string().min(1).max(100).optional().meta({ description: 'Filter by model type' }),
  dataset_id: id.optional().meta({ description: 'Filter by dataset' }),
});

const summary = z
  .strictObject({
    job_id: id,
    name: z.string().meta({ description: "The model's name" }),
    dataset_id: id,
    model_type: z.string().meta({ example: 'mlp' }),
    status: z.enum(JOB_STATUSES),
    progress: z.number().min(0).max(100).meta({ description: 'Percent', example: 45 }),
    created_at: time,
    started_at: time.nullable(),
    ended_at: time.nullable(),
    model_id: id.nullable().meta({ description: 'Once it is completed' }),
  })
  .meta({ id: 'TrainingSummary' });

const showSummary = (of: Job): z.input<typeof summary> => ({
  job_id: of.id,
  name: of.model_name,
  dataset_id: of.dataset_id,
  model_type: of.model_type,
  status: of.status,
  progress: of.progress,
  created_at: of.created_at,
  started_at: of.started_at ?? null,
  ended_at: of.ended_at ?? null,
  model_id: of.model_id ?? null,
});

const answer = z
  .strictObject({ ...pageAnswer, jobs: z.array(summary), next_cursor: nextCursor })
  .meta({ id: 'TrainingList' });

export const list = route({
  method: 'GET',
  path: '/training',
  summary: 'List the training jobs of the account, newest first',
  description: 'An addition.',
  tags: ['Training'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { query },
  responses: { 200: { description: 'One page', schema: answer } },
  async handler({ caller, query: { page, limit, cursor, ...filters } }, { adapters }) {
    const wanted = { page, limit, cursor, filters };
    const { records, nextCursor, ...found } = await listJobs(adapters.table, caller.accountId, wanted);
    return { status: 200, body: { ...found, limit, jobs: records.map(showSummary), next_cursor: nextCursor } };
  },
});
