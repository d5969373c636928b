/** The server's part of the Open Inference Protocol. All of its routes are additions to the document. */
import { z } from 'zod';
import { route } from '#functions/http/route.ts';
import { OIP } from './paths.ts';

/** As the protocol and Triton name it. */
const EXTENSIONS = ['binary_tensor_data'];

export const server = route({
  method: 'GET',
  path: OIP,
  summary: 'Get what this server is, in the Open Inference Protocol',
  tags: ['Open Inference Protocol'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  responses: {
    200: {
      description: 'The server',
      schema: z
        .strictObject({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
        .meta({ id: 'InferenceServer', example: { name: 'trainyard', version: '0.1.0', extensions: EXTENSIONS } }),
    },
  },
  handler: (_, { settings }) => ({
    status: 200,
    body: { name: 'trainyard', version: settings.version, extensions: EXTENSIONS },
  }),
});

const yes = z.literal(true);

export const live = route({
  method: 'GET',
  path: `${OIP}/health/live`,
  summary: 'Check that inference requests are received',
  tags: ['Open Inference Protocol'],
  authentication: 'none',
  cost: 'free',
  responses: { 200: { description: 'They are', schema: z.strictObject({ live: yes }), example: { live: true } } },
  handler: () => ({ status: 200, body: { live: true } }),
});

export const ready = route({
  method: 'GET',
  path: `${OIP}/health/ready`,
  summary: 'Check that inference requests are answered',
  tags: ['Open Inference Protocol'],
  authentication: 'none',
  cost: 'free',
  responses: { 200: { description: 'They are', schema: z.strictObject({ ready: yes }), example: { ready: true } } },
  handler: () => ({ status: 200, body: { ready: true } }),
});
