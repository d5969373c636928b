import { z } from 'zod';
import { route } from '#functions/http/route.ts';
import { FOLDER, SAMPLE_FILE } from './paths.ts';
import { sample } from './sample.ts';
import { storeSample } from './write.ts';

const five = z.int().meta({ example: 5 });

const answer = z
  .strictObject({
    message: z.literal('Sample data created'),
    path: z.string().meta({ example: `${FOLDER}${SAMPLE_FILE}` }),
    count: z.int().meta({ example: sample.count }),
    categories: z.strictObject({
      prompt_injection: five,
      jailbreak: five,
      system_extraction: five,
      code_injection: five,
    }),
  })
  .meta({ id: 'SampleData' });

export const createSample = route({
  method: 'POST',
  path: '/create-sample-data',
  summary: 'Create sample training data',
  description: 'Twenty harmless examples, written for this. The file is also made when a training asks for it.',
  tags: ['Training data'],
  authentication: 'operator',
  scope: 'train',
  cost: 'request',
  responses: { 200: { description: 'Created', schema: answer } },
  async handler({ caller }, services) {
    const { name } = await storeSample(services, caller.accountId);
    const { count, categories } = sample;
    return {
      status: 200,
      body: { message: 'Sample data created', path: `${FOLDER}${name}`, count, categories: { ...categories } },
    };
  },
});
