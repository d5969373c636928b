import { z } from 'zod';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { modelName } from '../fields.ts';
import { expectEncoders, load } from './fields.ts';

const names = z
  .array(modelName)
  .min(1)
  .max(20)
  .meta({ example: ['deberta-v3-base', 'roberta-base'] });

const body = z.strictObject({ models: names }).meta({ id: 'LoadSpecificRequest' });

const answer = z
  .strictObject({
    message: z.literal('Loading specific models started'),
    models: names,
    status: z.literal('loading'),
  })
  .meta({ id: 'LoadingSpecific' });

export const loadSpecific = route({
  method: 'POST',
  path: '/model-loading/load-specific',
  summary: 'Load some encoders',
  tags: ['Loading'],
  authentication: 'operator',
  scope: 'train',
  cost: 'request',
  request: { body: json(body) },
  responses: { 200: { description: 'Started', schema: answer } },
  errors: [404],
  async handler({ body: { models } }, services) {
    expectEncoders(models);
    await load(services, models);
    return { status: 200, body: { message: 'Loading specific models started', models, status: 'loading' } };
  },
});
