import { z } from 'zod';
import { search } from '#domain/vault/search.ts';
import { readSummaries } from '#domain/vault/summaries.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { expectFits } from '../expect-fits.ts';
import { actorOf, listed, managerPath, pageOf, paging, readManager, tagList, tags } from '../fields.ts';
import { modelSummary, showSummary } from './fields.ts';

const query = z.strictObject({
  tags: z
    .string()
    .min(1)
    .max(2000)
    .regex(/[^,\s]/, 'must name at least one tag')
    .meta({ description: 'With commas between them', example: 'production,high-accuracy' }),
  match: z.enum(['all', 'any']).default('all').meta({ description: 'An addition: models with all of them, or any' }),
  ...paging,
});

export const byTags = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/models/by-tags',
  summary: 'List the models with tags',
  tags: tags.models,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: managerPath, query },
  responses: {
    200: {
      description: 'The models, the newest first',
      schema: z
        .strictObject({ models: z.array(modelSummary), tags: tagList, total_models: z.int() })
        .meta({ id: 'ModelsByTags' }),
    },
  },
  errors: [422],
  resource: readManager,
  async handler(input, services) {
    const { resource: of, query: given } = input;
    const wanted = listed(given.tags);
    const summaries = await auditAccess(services, of, actorOf(input), { action: 'model_search' }, () =>
      readSummaries(services.adapters.table, of),
    );
    const { matches: found } = search(summaries, { tags: wanted, anyTag: given.match === 'any' });
    const models = pageOf(found, given).map(({ summary }) => showSummary(summary));
    expectFits(models, 'models');
    return {
      status: 200,
      body: {
        models,
        tags: wanted,
        total_models: found.length,
      },
    };
  },
});
