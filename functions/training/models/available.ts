import { z } from 'zod';
import { ENCODERS, encoderNamed } from '#domain/encoders/catalogue.ts';
import { route } from '#functions/http/route.ts';
import { LABELS } from '#zoo/text-hyperparameters.ts';
import { availableNames } from './names.ts';

const answer = z
  .strictObject({
    available_models: z.array(z.string()),
    model_configs: z.record(
      z.string(),
      z.strictObject({
        path: z.string().nullable().meta({
          description: 'The repository on the hub; null for a model that is trained from scratch or was uploaded',
          example: 'microsoft/deberta-v3-base',
        }),
        type: z.enum(['pytorch', 'onnx']).meta({ description: 'The form of what training starts from' }),
        labels: z.array(z.string()).meta({ example: [...LABELS] }),
      }),
    ),
  })
  .meta({ id: 'AvailableModels' });

export const available = route({
  method: 'GET',
  path: '/models/available',
  summary: 'Get the models that can be loaded and trained',
  description:
    'Four pretrained encoders, which are loaded from a hub, and as an addition `compact-text`, which needs nothing from outside, and encoders that were uploaded.',
  tags: ['Models'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  responses: { 200: { description: 'The models', schema: answer } },
  async handler({ caller: { accountId } }, { adapters: { table } }) {
    const names = await availableNames(table, accountId);
    const config = (name: string): z.input<typeof answer>['model_configs'][string] => ({
      path: ENCODERS[name]?.repository ?? null,
      type: typeOf(name),
      labels: [...LABELS],
    });
    return {
      status: 200,
      body: {
        available_models: names,
        model_configs: Object.fromEntries(names.map((name) => [name, config(name)])),
      },
    };
  },
});

/** The form of a model's weights. */
export const typeOf = (name: string): 'pytorch' | 'onnx' => (encoderNamed(name) ? 'pytorch' : 'onnx');
