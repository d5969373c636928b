import { beforeAll, describe, expect } from '@jest/globals';
import { useHost } from '#test/e2e/use-host.ts';
import { type Call, runExamples } from '../examples.ts';
import { fraction, integer, is, number, oneOf, text, time, uuid } from '../shape.ts';
import { ADDITIONS } from './additions.ts';
import { table, useUser } from './user.ts';

const world = useHost();
const scene = useUser(world);
let dataset: string;
let model: string;

const predict = (body: object): Call => ({
  method: 'POST',
  path: `/models/${model}/predict`,
  token: scene.token,
  body,
});
const predictions = { predictions: [{ class: oneOf('cat', 'dog'), confidence: fraction }] } as const;
const summary = {
  id: uuid,
  name: text,
  model_type: is('mlp'),
  accuracy: fraction,
  created_at: time,
  size_mb: number,
  ...ADDITIONS.modelSummary,
};
const rows = (count: number) => (body: { predictions: readonly object[] }) => {
  expect(body.predictions).toHaveLength(count);
};

describe('the document’s models', () => {
  beforeAll(async () => {
    dataset = (await scene.user.upload(table(200))).id;
    const hyperparameters = { epochs: 5, batch_size: 32, optimizer: 'adam' };
    const job = await scene.user.train(dataset, hyperparameters);
    await scene.user.jobIs(job, ({ status }) => status === 'completed' || status === 'failed');
    model = (await scene.user.results(job)).model_id;
  });

  runExamples(
    () => world.base,
    [
      {
        name: 'GET /models',
        call: () => ({ method: 'GET', path: '/models', token: scene.token }),
        status: 200,
        body: { total: is(1), page: is(1), limit: is(10), ...ADDITIONS.list, models: [summary] },
      },
      ...['created_at', 'accuracy', 'name'].map((sort) => ({
        name: `GET /models with every parameter, sort_by ${sort}`,
        call: () => ({
          method: 'GET' as const,
          path: `/models?page=1&limit=5&model_type=mlp&sort_by=${sort}`,
          token: scene.token,
        }),
        status: 200,
        body: { total: is(1), page: is(1), limit: is(5), ...ADDITIONS.list, models: [summary] as const },
      })),
      {
        name: 'GET /models/{model_id}',
        call: () => ({ method: 'GET', path: `/models/${model}`, token: scene.token }),
        status: 200,
        body: {
          id: uuid,
          name: text,
          model_type: is('mlp'),
          architecture: { input_shape: [integer], output_classes: is(2), parameters: integer },
          performance: {
            accuracy: fraction,
            precision: fraction,
            recall: fraction,
            f1_score: fraction,
            ...ADDITIONS.performance,
          },
          // The document's four, and as additions every other setting of the training.
          training_config: {
            type: 'an object with the document’s fields',
            accepts: (value) => {
              expect(value).toMatchObject({ dataset_id: dataset, epochs: 5, batch_size: 32, optimizer: 'adam' });
              return true;
            },
          },
          created_at: time,
          ...ADDITIONS.model,
        },
      },
      {
        name: 'POST /models/{model_id}/predict of one row',
        call: () => predict({ input: [0.5, 0.3, 0.2, 0.1] }),
        status: 200,
        body: predictions,
        after: rows(1),
      },
      {
        name: 'POST /models/{model_id}/predict of a batch',
        call: () =>
          predict({
            inputs: [
              [0.5, 0.3, 0.2, 0.1],
              [0.4, 0.2, 0.3, 0.1],
            ],
          }),
        status: 200,
        body: predictions,
        after: rows(2),
      },
      {
        name: 'DELETE /models/{model_id}',
        call: () => ({ method: 'DELETE', path: `/models/${model}`, token: scene.token }),
        status: 204,
      },
    ],
  );
});
