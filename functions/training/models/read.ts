import { z } from 'zod';
import { findModel } from '#domain/models/read.ts';
import type { Model } from '#domain/models/record.ts';
import { route } from '#functions/http/route.ts';
import { findFamily, modelPath, time, version } from '../fields.ts';
import { spelled } from '../versions.ts';
import { evaluation } from './evaluation.ts';
import { fullPerformance, modelFacts, readKnown, showFacts, showFullPerformance } from './model.ts';

const trainingInfo = z.strictObject({
  last_trained: time,
  epochs: z.int().meta({ example: 3 }),
  batch_size: z.int().meta({ example: 16 }),
  learning_rate: z.number().meta({ example: 0.01 }),
});

const answer = z
  .strictObject({
    ...modelFacts,
    performance: fullPerformance,
    training_info: trainingInfo.nullable().meta({ description: 'Of the latest version; null without one' }),
    version: version.nullable().meta({ description: 'An addition: the latest' }),
    model_id: z.uuid().nullable().meta({ description: 'An addition: the model of the platform' }),
    evaluation: evaluation
      .nullable()
      .meta({ description: 'An addition: how the latest version was judged; null without one' }),
  })
  .meta({ id: 'ModelInfo' });

export const read = route({
  method: 'GET',
  path: '/models/{model_name}',
  summary: 'Get what is known of a model',
  tags: ['Models'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath },
  responses: { 200: { description: 'The model', schema: answer } },
  async handler({ caller: { accountId }, path }, { adapters: { table } }) {
    const known = await readKnown(table, accountId, findFamily(path.model_name).name);
    const [latest] = known.versions;
    const model = latest && (await findModel(table, accountId, latest.model_id));
    return {
      status: 200,
      body: {
        ...showFacts(known),
        performance: showFullPerformance(known),
        training_info: model ? infoOf(model) : null,
        version: latest ? spelled(latest) : null,
        model_id: latest?.model_id ?? null,
        evaluation: model ? evaluation.parse(model.training_config.evaluation) : null,
      },
    };
  },
});

const trained = z.object({ num_epochs: z.number(), batch_size: z.number(), learning_rate: z.number() });

function infoOf({ created_at, hyperparameters }: Model): z.input<typeof trainingInfo> {
  const { num_epochs, batch_size, learning_rate } = trained.parse(hyperparameters);
  return { last_trained: created_at, epochs: num_epochs, batch_size, learning_rate };
}
