import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { isoTime } from '#domain/times.ts';
import { recordAccess, recordOperations } from '#domain/vault/accesses.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { actorOf, managerPath, password, readManager, tags, time } from '../fields.ts';
import { metadata, revision, showMetadata, variant } from './fields.ts';
import { loadModel } from './load-model.ts';

const body = z
  .strictObject({
    model_name: z.string().min(1).max(LIMITS.vault.name).meta({ example: 'classifier_v2.1' }),
    password: password.optional().meta({ example: 'secure_password_123' }),
    variant,
    revision,
    verify_integrity: z.boolean().default(true).meta({
      description: 'Integrity is verified in any case: what was changed is never returned',
    }),
  })
  .meta({ id: 'ModelLoadRequest' });

export const load = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/models/load',
  summary: 'Load a model',
  tags: tags.models,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: managerPath, body: json(body) },
  responses: {
    200: {
      description: 'The model',
      schema: z
        .strictObject({
          message: z.string().meta({ example: 'Model loaded successfully' }),
          model_name: z.string().meta({ example: 'classifier_v2.1' }),
          model_data: z.string().meta({ description: 'The file in Base64', example: 'bW9kZWw=' }),
          metadata,
          integrity_verified: z.boolean(),
          load_time: z.number().meta({ description: 'Seconds', example: 0.234 }),
          loaded_at: time,
        })
        .meta({ id: 'ModelLoaded' }),
    },
  },
  errors: [422],
  resource: readManager,
  async handler(input, services) {
    const { resource: of, body: given } = input;
    const { table, now } = services.adapters;
    const by = actorOf(input);
    const began = now();
    const access = { action: 'model_load', model_name: given.model_name } as const;
    const { model, bytes, cached } = await auditAccess(services, of, by, access, () =>
      loadModel(services, of, by, {
        ...{ name: given.model_name, password: given.password, variant: given.variant, revision: given.revision },
      }),
    );
    const loaded = now();
    await Promise.all([
      recordAccess(table, of, model.name, isoTime(loaded)),
      recordOperations(table, of, {
        loads: 1,
        load_microseconds: (loaded - began) * 1000,
        [cached ? 'cache_hits' : 'cache_misses']: 1,
      }),
    ]);
    return {
      status: 200,
      body: {
        message: 'Model loaded successfully',
        model_name: model.name,
        model_data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'),
        metadata: showMetadata(model),
        integrity_verified: true,
        load_time: (loaded - began) / 1000,
        loaded_at: isoTime(loaded),
      },
    };
  },
});
