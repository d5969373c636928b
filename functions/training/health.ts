import { z } from 'zod';
import { route } from '#functions/http/route.ts';

const answer = z.strictObject({ status: z.literal('running'), service: z.literal('training') });

export const health = route({
  method: 'GET',
  path: '/',
  summary: 'Check that the service is running',
  tags: ['Health'],
  authentication: 'none',
  cost: 'free',
  responses: { 200: { description: 'It is running', schema: answer } },
  handler: () => ({ status: 200, body: { status: 'running', service: 'training' } }),
});
