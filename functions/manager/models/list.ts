import { z } from 'zod';
import { megabytes } from '#domain/vault/model.ts';
import { readSummaries } from '#domain/vault/summaries.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { expectFits } from '../expect-fits.ts';
import { actorOf, managerPath, pageOf, paging, readManager, sizeMb, tags } from '../fields.ts';
import { modelSummary, showSummary } from './fields.ts';

export const list = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/models/list',
  summary: 'List the models of a manager',
  tags: tags.models,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: managerPath, query: z.strictObject(paging) },
  responses: {
    200: {
      description: 'The models by their names',
      schema: z
        .strictObject({
          models: z.array(modelSummary),
          total_models: z.int(),
          total_size_mb: sizeMb,
          encryption_enabled: z.boolean().meta({ description: 'An addition: false where models are stored plainly' }),
        })
        .meta({ id: 'VaultModelList' }),
    },
  },
  errors: [422],
  resource: readManager,
  async handler(input, services) {
    const { resource: found, query } = input;
    const { byName } = await auditAccess(services, found, actorOf(input), { action: 'model_list' }, () =>
      readSummaries(services.adapters.table, found),
    );
    const all = [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const models = pageOf(all, query).map(showSummary);
    expectFits(models, 'models');
    const bytes = all.reduce((sum, { size }) => sum + size, 0);
    return {
      status: 200,
      body: {
        models,
        total_models: all.length,
        total_size_mb: megabytes(bytes),
        encryption_enabled: found.config.enable_encryption,
      },
    };
  },
});
