import { z } from 'zod';
import { route } from '#functions/http/route.ts';

const message = 'Welcome to the Deep Learning Platform';

export const welcome = route({
  method: 'GET',
  path: '/',
  summary: 'Check that the API is running',
  tags: ['Health'],
  authentication: 'none',
  cost: 'free',
  responses: {
    200: { description: 'It is running', schema: z.strictObject({ message: z.string() }), example: { message } },
  },
  handler: () => ({ status: 200, body: { message } }),
});
