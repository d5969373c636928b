import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { COMPUTE_CHOICES } from '#domain/training/record.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { families, modelTypes } from '#zoo/registry.ts';
import { id, nameLine } from '../fields.ts';
import {
  budgetDollars,
  budgetSeconds,
  earlyStoppingRequest,
  split,
  started,
  startedAnswer,
  startFrom,
} from './fields.ts';
import { referringHyperparameters } from './hyperparameters.ts';
import { CV_PARTS, MOST_KEPT_BACK } from './plan.ts';
import { queueJob } from './queue-job.ts';

const body = z
  .strictObject({
    dataset_id: id,
    model_type: z
      .string()
      .min(1)
      .max(100)
      .meta({ example: 'mlp', override: { enum: [...modelTypes] } }),
    // The model type's own schema looks at the values.
    hyperparameters: z
      .record(z.string(), z.unknown())
      .default({})
      .meta({
        description: 'Of the model type; those left out have their defaults',
        example: { learning_rate: 0.001, batch_size: 32, epochs: 100, optimizer: 'adam' },
        override: ({ jsonSchema }) =>
          Object.assign(jsonSchema, { anyOf: Object.values(families).map(referringHyperparameters) }),
      }),
    validation_split: z.number().min(0).max(MOST_KEPT_BACK).default(0.2),
    test_split: z
      .number()
      .min(0)
      .max(MOST_KEPT_BACK)
      .default(0)
      .meta({
        description: `An addition: the share of rows that nothing is decided by, and that the finished model is tested on: \`test_accuracy\`. Together with \`validation_split\` at most ${MOST_KEPT_BACK}`,
      }),
    split,
    early_stopping: earlyStoppingRequest.prefault({}),
    cv: z.int().min(CV_PARTS.min).max(CV_PARTS.max).optional().meta({
      description:
        'An addition: cross-validation with so many parts, before the model is trained as usual. `evaluation` of the results has mean and deviation of each metric',
      example: 5,
    }),
    start_from: startFrom.optional(),
    compute: z.enum(COMPUTE_CHOICES).default('auto').meta({
      description:
        'An addition: `function` for short jobs, `cpu` and `gpu` for containers; `auto` chooses by the estimate and the size of the data. A target that the installation does not have is replaced by one that it has',
    }),
    max_seconds: budgetSeconds.optional().meta({
      description: 'An addition: the seconds of compute after which it ends with the best weights so far',
    }),
    max_cost: budgetDollars.optional().meta({
      description: 'An addition: likewise the `estimated_cost` in US dollars, which is 0 on your own machine',
    }),
    name: nameLine(LIMITS.modelName.max)
      .optional()
      .meta({ description: "An addition: the model's name. Default: the dataset's" }),
  })
  .meta({ id: 'TrainingRequest' });

export const start = route({
  method: 'POST',
  path: '/training/start',
  summary: 'Start a new model training job',
  description: `A dataset that is still processing is no obstacle: the job stays \`queued\` until it is ready, and is checked then. At most ${LIMITS.activeJobs} jobs of an account may be queued or running at once.`,
  tags: ['Training'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  idempotent: true,
  request: { body: json(body) },
  responses: { 201: { description: 'Queued', schema: started } },
  errors: [404, 409],
  async handler({ caller, body: request }, services) {
    const created = await queueJob(services, caller.accountId, request);
    return { status: 201, body: startedAnswer(created) };
  },
});
