import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { families } from '#zoo/registry.ts';
import { openPlatform, type Platform } from './harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await openPlatform();
});
afterAll(() => platform.close());

describe('the model types', () => {
  test('are all families, with tasks, kinds and hyperparameters as JSON Schema', async () => {
    const token = await platform.login('ada');
    const { status, body } = await platform.call({ path: '/training/model-types', token });
    expect(status).toBe(200);
    const types: { model_type: string }[] = body.model_types;
    expect(types.map(({ model_type }) => model_type)).toEqual(Object.keys(families));
    expect(types.find(({ model_type }) => model_type === 'linear')).toMatchObject({
      label: 'Linear',
      tasks: ['classification', 'regression', 'multilabel'],
      kinds: ['table'],
      hyperparameters: {
        type: 'object',
        additionalProperties: false,
        properties: {
          epochs: { type: 'integer', minimum: 1, maximum: 10_000, default: 100, description: expect.any(String) },
          learning_rate: { default: 0.01, anyOf: [{ type: 'number', minimum: 1e-12, maximum: 1 }, { const: 'auto' }] },
          lr_schedule: { enum: ['constant', 'linear', 'cosine', 'step'], default: 'constant' },
        },
      },
    });
  });

  test('say of each hyperparameter what it does', async () => {
    const { body } = await platform.call({ path: '/training/model-types', token: await platform.login('ada') });
    for (const { model_type, hyperparameters } of body.model_types) {
      for (const [name, of] of Object.entries<{ description?: string }>(hyperparameters.properties))
        expect([model_type, name, of.description]).toEqual([model_type, name, expect.stringMatching(/\w{4}/)]);
    }
  });

  test('have in the OpenAPI document what all of them share once, under a name', async () => {
    const { text } = await platform.call({ path: '/openapi.json' });
    const { schemas } = JSON.parse(text).components;
    const { hyperparameters } = schemas.TrainingRequest.properties;
    const shared = schemas.CommonHyperparameters.properties;
    const references = Object.keys(shared).map(
      (name) => `#/components/schemas/CommonHyperparameters/properties/${name}`,
    );
    const linear = hyperparameters.anyOf.find((one: { title: string }) => one.title === 'Linear').properties;
    const referred = Object.values(linear).flatMap((one) => (one as { $ref?: string }).$ref ?? []);
    // It has another learning rate, other epochs and another weight decay than most.
    const own = ['learning_rate', 'epochs', 'weight_decay'];
    expect(referred).toEqual(references.filter((one) => !own.some((name) => one.endsWith(`/${name}`))));
    expect(linear).toMatchObject({ epochs: { default: 100 }, learning_rate: { default: 0.01 } });
    expect(text.split(shared.lr_step_epochs.description)).toHaveLength(2);
  });

  test('are for accounts only', async () => {
    expect((await platform.call({ path: '/training/model-types' })).status).toBe(401);
  });
});
