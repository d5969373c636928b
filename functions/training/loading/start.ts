import { z } from 'zod';
import { route } from '#functions/http/route.ts';
import { ENCODER_NAMES, load } from './fields.ts';

const answer = z
  .strictObject({
    message: z.literal('Model loading started'),
    total_models: z.int().meta({ example: 4 }),
    loading_models: z.array(z.string()),
  })
  .meta({ id: 'LoadingStarted' });

export const start = route({
  method: 'POST',
  path: '/model-loading/start',
  summary: 'Load all encoders',
  description:
    'Those that are loaded already stay as they are. `/model-loading/status` shows what becomes of the others.',
  tags: ['Loading'],
  authentication: 'operator',
  scope: 'train',
  cost: 'request',
  responses: { 200: { description: 'Started', schema: answer } },
  async handler(_, services) {
    await load(services, ENCODER_NAMES);
    return {
      status: 200,
      body: {
        message: 'Model loading started',
        total_models: ENCODER_NAMES.length,
        loading_models: [...ENCODER_NAMES] as string[],
      },
    };
  },
});
