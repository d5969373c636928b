import { z } from 'zod';
import { isoTime } from '#domain/times.ts';
import { getModel } from '#domain/vault/models.ts';
import { activateModel, readFamily } from '#domain/vault/versions.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, modelPath, readManager, tags, time } from '../fields.ts';

export const activate = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/models/{model_name}/activate',
  summary: 'Make a version the active one of its family',
  description: 'An addition to the document. Until then the newest version is active.',
  tags: tags.models,
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: modelPath },
  responses: {
    200: {
      description: 'Active',
      schema: z
        .strictObject({
          message: z.string().meta({ example: 'Model activated successfully' }),
          model_name: z.string().meta({ example: 'classifier_v2.0' }),
          family: z.string().meta({ example: 'classifier' }),
          version: z.string(),
          previous: z.string().nullable().meta({ description: 'The one that was active before' }),
          activated_at: time,
        })
        .meta({ id: 'ModelActivated' }),
    },
  },
  errors: [409],
  resource: readManager,
  async handler(input, services) {
    const { resource: of, path } = input;
    const { table, now } = services.adapters;
    const by = actorOf(input);
    const access = { action: 'model_activate', model_name: path.model_name } as const;
    const [model, before] = await auditFailure(services, of, by, access, async () => {
      const model = await getModel(table, of, path.model_name);
      const { active } = await readFamily(table, of, model.name);
      await activateModel(table, of, model, by, now);
      return [model, active] as const;
    });
    return {
      status: 200,
      body: {
        message: 'Model activated successfully',
        model_name: model.name,
        family: model.family,
        version: model.version,
        previous: before ?? null,
        activated_at: isoTime(now()),
      },
    };
  },
});
