import { z } from 'zod';
import { listBackups } from '#domain/vault/backups.ts';
import { route } from '#functions/http/route.ts';
import { derivationOf } from '#vault/wrapping/derivation.ts';
import { auditAccess } from '../audited.ts';
import { actorOf, managerPath, readManager, tags, time } from '../fields.ts';

export const status = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/security/status',
  summary: 'Get how the models of a manager are protected',
  tags: tags.security,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: managerPath },
  responses: {
    200: {
      description: 'How they are protected',
      schema: z
        .strictObject({
          encryption_enabled: z.boolean(),
          encryption_algorithm: z.string().nullable().meta({
            description: 'Null where models are stored plainly',
            example: 'AES-256-GCM',
          }),
          key_derivation: z.string().nullable().meta({ example: 'scrypt' }),
          models_encrypted: z.int(),
          models_unencrypted: z.int(),
          last_key_rotation: time.nullable(),
          backup_encryption: z.boolean().meta({ description: 'Whether every backup is encrypted' }),
        })
        .meta({ id: 'SecurityStatus' }),
    },
  },
  resource: readManager,
  async handler(input, services) {
    const { resource: of } = input;
    const encrypts = of.config.enable_encryption;
    const backups = await auditAccess(services, of, actorOf(input), { action: 'security_status' }, () =>
      listBackups(services.adapters.table, of),
    );
    return {
      status: 200,
      body: {
        encryption_enabled: encrypts,
        encryption_algorithm: encrypts ? of.config.encryption_algorithm : null,
        key_derivation: encrypts ? derivationOf(of.config).algorithm : null,
        models_encrypted: of.encrypted,
        models_unencrypted: of.models - of.encrypted,
        last_key_rotation: of.last_key_rotation ?? null,
        backup_encryption: backups.every(({ complete }) => complete.encryption !== undefined),
      },
    };
  },
});
