import { z } from 'zod';
import { megabytes } from '#domain/vault/model.ts';
import { route } from '#functions/http/route.ts';
import { auditSuccess } from '../audited.ts';
import { actorOf, managerPath, readManager, sizeMb, tags, time } from '../fields.ts';
import { config } from './fields.ts';

export const info = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/info',
  summary: 'Get a manager',
  tags: tags.managers,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: managerPath },
  responses: {
    200: {
      description: 'The manager',
      schema: z
        .strictObject({
          manager_id: z.string().meta({ example: 'manager_prod' }),
          config,
          created_at: time,
          model_count: z.int(),
          total_size_mb: sizeMb,
          last_backup: time.nullable(),
          encryption_enabled: z.boolean(),
        })
        .meta({ id: 'ManagerInfo' }),
    },
  },
  resource: readManager,
  async handler(input, services) {
    const { resource: found } = input;
    await auditSuccess(services, found, actorOf(input), { action: 'manager_info' });
    return {
      status: 200,
      body: {
        manager_id: found.id,
        config: found.config,
        created_at: found.created_at,
        model_count: found.models,
        total_size_mb: megabytes(found.bytes),
        last_backup: found.last_backup ?? null,
        encryption_enabled: found.config.enable_encryption,
      },
    };
  },
});
