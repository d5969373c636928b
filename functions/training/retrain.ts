import { z } from 'zod';
import { ValidationError } from '#domain/errors.ts';
import { findModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import type { Table } from '#domain/ports/table/port.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { COMPACT_TEXT } from '#zoo/text-registry.ts';
import { configOf, configRequest } from './config.ts';
import { ModelNotFoundError } from './errors.ts';
import { findFamily, modelName, version } from './fields.ts';
import { queueTextJob } from './jobs/queue-job.ts';
import { dataPath, started } from './train.ts';
import { findTexts, readTextProfile } from './training-data/find.ts';
import { spelled, versionsOf } from './versions.ts';

const body = z
  .strictObject({
    model_name: modelName.default(COMPACT_TEXT),
    training_data_path: dataPath,
    config: configRequest.default({}),
  })
  .meta({ id: 'RetrainRequest' });

const answer = z
  .strictObject({
    message: z.literal('Retraining started'),
    ...started,
    parent_version: version.meta({ description: 'An addition: the version that it starts from' }),
  })
  .meta({ id: 'RetrainingStarted' });

export const retrain = route({
  method: 'POST',
  path: '/retrain',
  summary: 'Train a model further with new data',
  description: 'Starts from the weights of the latest version, with its `config` but for what is given.',
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
    const { name } = family;
    const parent = await latestModel(services.adapters.table, accountId, name);
    const hyperparameters = configOf(family, { ...inherited(parent, config), ...config });
    expectSameLabels(parent, hyperparameters.labels);
    const dataset = await findTexts(services, accountId, training_data_path);
    const profile = await readTextProfile(services, dataset, hyperparameters.labels);
    const parentId = parent.id;
    const job = await queueTextJob(services, accountId, { name, hyperparameters, dataset, profile, parentId });
    return {
      status: 200,
      body: {
        message: 'Retraining started',
        model_name: name,
        job_id: job.id,
        config: { model_name: name, ...hyperparameters },
        parent_version: spelled(parent),
      },
    };
  },
});

async function latestModel(table: Table, accountId: string, name: string): Promise<Model> {
  const { versions } = await versionsOf(table, accountId, name);
  const latest = versions[0] && (await findModel(table, accountId, versions[0].model_id));
  if (latest) return latest;
  throw new ModelNotFoundError(`Model ${name} has no version to start from; train it first`);
}

/** The network has an output for each label, so others need another network. Throws `ValidationError`. */
function expectSameLabels({ hyperparameters }: Model, labels: readonly string[]): void {
  const before = z.array(z.string()).parse(hyperparameters.labels);
  if (before.join('\n') === labels.join('\n')) return;
  throw ValidationError.of(
    'config.labels',
    `must be those of the latest version, ${before.join(', ')}; got ${labels.join(', ')}`,
  );
}

/** Which way a metric is better is the parent's only with its metric. */
function inherited({ hyperparameters }: Model, config: object): object {
  const { greater_is_better: _, ...rest } = hyperparameters;
  return 'metric_for_best_model' in config ? rest : hyperparameters;
}
