import { z } from 'zod';
import { route } from '#functions/http/route.ts';
import { textFamilies } from '#zoo/text-registry.ts';
import { modelFacts, readKnown, shortPerformance, showFacts, showShortPerformance } from './model.ts';

const answer = z
  .strictObject({
    models: z.record(z.string(), z.strictObject({ ...modelFacts, performance: shortPerformance })),
    available_models: z.array(z.string()),
    model_info: z.record(z.string(), z.strictObject(modelFacts)),
  })
  .meta({ id: 'Models' });

export const list = route({
  method: 'GET',
  path: '/models',
  summary: 'List all models with their status',
  tags: ['Models'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  responses: { 200: { description: 'By name', schema: answer } },
  async handler({ caller }, { adapters }) {
    const names = Object.keys(textFamilies);
    const all = await Promise.all(names.map((name) => readKnown(adapters.table, caller.accountId, name)));
    return {
      status: 200,
      body: {
        models: Object.fromEntries(
          all.map((of) => [of.name, { ...showFacts(of), performance: showShortPerformance(of) }]),
        ),
        available_models: names,
        model_info: Object.fromEntries(all.map((of) => [of.name, showFacts(of)])),
      },
    };
  },
});
