import { z } from 'zod';
import { route } from '#functions/http/route.ts';
import { pageOf, paging, totalModels } from '../fields.ts';
import { modelFacts, readKnown, shortPerformance, showFacts, showShortPerformance } from './model.ts';
import { allNames } from './names.ts';

const answer = z
  .strictObject({
    models: z.record(z.string(), z.strictObject({ ...modelFacts, performance: shortPerformance })),
    available_models: z.array(z.string()),
    model_info: z.record(z.string(), z.strictObject(modelFacts)),
    total_models: totalModels,
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
  request: { query: z.strictObject(paging) },
  responses: { 200: { description: 'By name', schema: answer } },
  async handler({ caller: { accountId }, query }, { adapters: { table } }) {
    const all = await allNames(table, accountId);
    const names = pageOf(all, query);
    const known = await Promise.all(names.map((name) => readKnown(table, accountId, name)));
    return {
      status: 200,
      body: {
        models: Object.fromEntries(
          known.map((of) => [of.name, { ...showFacts(of), performance: showShortPerformance(of) }]),
        ),
        available_models: names,
        model_info: Object.fromEntries(known.map((of) => [of.name, showFacts(of)])),
        total_models: all.length,
      },
    };
  },
});
