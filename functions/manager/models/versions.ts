import { z } from 'zod';
import { readFamily } from '#domain/vault/versions.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { expectFits } from '../expect-fits.ts';
import { actorOf, modelPath, pageOf, paging, readManager, tags, time } from '../fields.ts';
import { metrics } from './fields.ts';

export const versions = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/models/{model_name}/versions',
  summary: 'List the versions of a model',
  description: '`classifier_v2.1` is version 2.1 of the family `classifier`; the name may be either.',
  tags: tags.models,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath, query: z.strictObject(paging) },
  responses: {
    200: {
      description: 'The versions, the newest first',
      schema: z
        .strictObject({
          model_name: z.string().meta({ description: 'Of the family', example: 'classifier' }),
          versions: z.array(
            z.strictObject({
              version: z.string().meta({ example: '2.1.0' }),
              model_name: z.string().meta({ example: 'classifier_v2.1' }),
              created_at: time,
              performance_metrics: metrics,
              is_active: z.boolean().meta({ description: 'The newest, unless another one was activated' }),
            }),
          ),
          total_versions: z.int(),
        })
        .meta({ id: 'ModelVersions' }),
    },
  },
  resource: readManager,
  async handler(input, services) {
    const { resource: of, path, query } = input;
    const access = { action: 'model_versions', model_name: path.model_name } as const;
    const { family, models, active } = await auditAccess(services, of, actorOf(input), access, () =>
      readFamily(services.adapters.table, of, path.model_name),
    );
    const versions = pageOf(models, query).map((model) => ({
      version: model.version,
      model_name: model.name,
      created_at: model.created_at,
      performance_metrics: { ...model.metrics },
      is_active: model.name === active,
    }));
    expectFits(versions, 'versions');
    return { status: 200, body: { model_name: family, versions, total_versions: models.length } };
  },
});
