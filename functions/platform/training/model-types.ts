import { z } from 'zod';
import { KINDS, TASKS } from '#domain/datasets/profile.ts';
import { route } from '#functions/http/route.ts';
import { families } from '#zoo/registry.ts';
import { anyJson } from '../fields.ts';
import { hyperparametersOf } from './hyperparameters.ts';

const modelType = z
  .strictObject({
    model_type: z.string().meta({ example: 'linear' }),
    label: z.string().meta({ example: 'Linear' }),
    description: z.string(),
    tasks: z.array(z.enum(TASKS)),
    kinds: z.array(z.enum(KINDS)).meta({ description: 'The kinds of data that it takes', example: ['table'] }),
    hyperparameters: z.record(z.string(), anyJson).meta({
      description: 'JSON Schema (2020-12) of what `hyperparameters` may be: defaults, bounds and help',
      example: { type: 'object', properties: { epochs: { type: 'integer', minimum: 1, default: 50 } } },
    }),
  })
  .meta({ id: 'ModelType' });

const answer = z.strictObject({ model_types: z.array(modelType) }).meta({ id: 'ModelTypes' });

const shown = Object.values(families).map((family): z.input<typeof modelType> => {
  const { name, label, description, tasks, kinds } = family;
  const hyperparameters = z.record(z.string(), anyJson).parse(JSON.parse(JSON.stringify(hyperparametersOf(family))));
  return { model_type: name, label, description, tasks: [...tasks], kinds: [...kinds], hyperparameters };
});

export const modelTypes = route({
  method: 'GET',
  path: '/training/model-types',
  summary: 'List what can be trained',
  description: 'An addition: the values of `model_type`, with the hyperparameters, tasks and kinds of data of each.',
  tags: ['Training'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  responses: { 200: { description: 'All of them', schema: answer } },
  handler: () => ({ status: 200, body: { model_types: shown } }),
});
