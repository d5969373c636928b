import { z } from 'zod';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { COMPACT_TEXT } from '#zoo/text-registry.ts';
import { configAnswer, configOf, configRequest } from './config.ts';
import { findFamily, modelName } from './fields.ts';
import { queueTextJob } from './jobs/queue-job.ts';
import { expectUpload } from './loading/expect-upload.ts';
import { findTexts, readTextProfile } from './training-data/find.ts';
import { FOLDER, PATTERNS, SAMPLE_FILE } from './training-data/paths.ts';

export const dataPath = z
  .string()
  .min(1)
  .max(1000)
  .default(`${FOLDER}${SAMPLE_FILE}`)
  .meta({
    pattern: PATTERNS.path,
    description: `A file below \`${FOLDER}\`, or as an addition a dataset of the platform: \`datasets/ID\``,
  });

const body = z
  .strictObject({
    model_name: modelName.default(COMPACT_TEXT),
    training_data_path: dataPath,
    config: configRequest.default({}),
  })
  .meta({ id: 'TrainRequest' });

export const started = {
  model_name: modelName,
  job_id: z.string(),
  config: configAnswer,
};

const answer = z.strictObject({ message: z.literal('Training started'), ...started }).meta({ id: 'TrainingStarted' });

export const train = route({
  method: 'POST',
  path: '/train',
  summary: 'Train a model',
  description:
    'Where no model is named, `compact-text` is trained; the answer says so. An encoder that is not loaded yet is loaded first.',
  tags: ['Training'],
  authentication: 'operator',
  scope: 'train',
  cost: 'request',
  idempotent: true,
  request: { body: json(body) },
  responses: { 200: { description: 'Started', schema: answer } },
  errors: [404, 409],
  async handler({ caller: { accountId }, body: { model_name, training_data_path, config } }, services) {
    const family = findFamily(model_name);
    await expectUpload(services.adapters.table, accountId, family.name);
    const hyperparameters = configOf(family, config);
    const dataset = await findTexts(services, accountId, training_data_path);
    const profile = await readTextProfile(services, dataset, hyperparameters.labels);
    const { name } = family;
    const job = await queueTextJob(services, accountId, { name, hyperparameters, dataset, profile });
    return {
      status: 200,
      body: {
        message: 'Training started',
        model_name: name,
        job_id: job.id,
        config: { model_name: name, ...hyperparameters },
      },
    };
  },
});
