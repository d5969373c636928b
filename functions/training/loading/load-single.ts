import { z } from 'zod';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { modelName } from '../fields.ts';
import { expectEncoders, load } from './fields.ts';

const name = modelName.meta({ example: 'deberta-v3-base' });

const body = z.strictObject({ model_name: name }).meta({ id: 'LoadSingleRequest' });

const answer = z
  .strictObject({
    message: z.string().meta({ example: 'Loading model deberta-v3-base started' }),
    model_name: name,
    status: z.literal('loading'),
  })
  .meta({ id: 'LoadingSingle' });

export const loadSingle = route({
  method: 'POST',
  path: '/model-loading/load-single',
  summary: 'Load one encoder',
  tags: ['Loading'],
  authentication: 'operator',
  scope: 'train',
  cost: 'request',
  request: { body: json(body) },
  responses: { 200: { description: 'Started', schema: answer } },
  errors: [404],
  async handler({ body: { model_name } }, services) {
    expectEncoders([model_name]);
    await load(services, [model_name]);
    return { status: 200, body: { message: `Loading model ${model_name} started`, model_name, status: 'loading' } };
  },
});
