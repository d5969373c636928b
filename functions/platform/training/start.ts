import { z } from 'zod';
import { getDataset } from '#domain/datasets/read.ts';
import { newId } from '#domain/ids.ts';
import { LIMITS } from '#domain/limits.ts';
import { send } from '#domain/messages.ts';
import { isoTime } from '#domain/times.ts';
import { createJob } from '#domain/training/change.ts';
import { COMPUTE_CHOICES, type Job } from '#domain/training/record.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { readProfile } from '../datasets/profile-of.ts';
import { id, line, time } from '../fields.ts';
import { earlyStoppingRequest } from './fields.ts';
import { findFamily, planTraining } from './plan.ts';

const body = z
  .strictObject({
    dataset_id: id,
    model_type: z.string().min(1).max(100).meta({ example: 'mlp' }),
    // The model type's own schema looks at the values.
    hyperparameters: z
      .record(z.string(), z.unknown())
      .default({})
      .meta({
        description: 'Of the model type; those left out have their defaults',
        example: { learning_rate: 0.001, batch_size: 32, epochs: 100, optimizer: 'adam' },
      }),
    validation_split: z.number().min(0).max(0.9).default(0.2),
    early_stopping: earlyStoppingRequest.prefault({}),
    compute: z.enum(COMPUTE_CHOICES).default('auto').meta({
      description:
        'An addition: `function` for short jobs, `cpu` and `gpu` for containers; `auto` chooses by the estimate and the size of the data. A target that the installation does not have is replaced by one that it has',
    }),
    name: line(LIMITS.modelName.max)
      .optional()
      .meta({ description: "An addition: the model's name. Default: the dataset's" }),
  })
  .meta({ id: 'TrainingRequest' });

const answer = z
  .strictObject({
    job_id: id,
    status: z.literal('queued'),
    created_at: time,
    estimated_time: z.number().meta({ description: 'Seconds', example: 3600 }),
  })
  .meta({ id: 'TrainingStarted' });

export const start = route({
  method: 'POST',
  path: '/training/start',
  summary: 'Start a new model training job',
  description: `At most ${LIMITS.activeJobs} jobs of an account may be queued or running at once.`,
  tags: ['Training'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  idempotent: true,
  request: { body: json(body) },
  responses: { 201: { description: 'Queued', schema: answer } },
  errors: [404, 409],
  async handler({ caller, body: { dataset_id, name, compute, ...request } }, { adapters, logger }) {
    const { table, queues, now } = adapters;
    const family = findFamily(request.model_type);
    const dataset = await getDataset(table, caller.accountId, dataset_id);
    const plan = planTraining(family, request, await readProfile(adapters, dataset));
    const created: Job = {
      ...plan,
      id: newId(now()),
      account_id: caller.accountId,
      dataset_id,
      dataset_name: dataset.name,
      model_name: name ?? dataset.name,
      compute,
      status: 'queued',
      created_at: isoTime(now()),
      attempt: 0,
      current_epoch: 0,
      progress: 0,
      metrics: {},
      compute_seconds: 0,
      estimated_cost: 0,
    };
    await createJob(table, created);
    try {
      await send(queues.training, { account_id: created.account_id, job_id: created.id });
    } catch (error) {
      // The job is recorded: the sweep finds it and sends its message again.
      logger.error('training message not sent', { job_id: created.id, error });
    }
    return {
      status: 201,
      body: {
        job_id: created.id,
        status: 'queued',
        created_at: created.created_at,
        estimated_time: created.estimated_time,
      },
    };
  },
});
