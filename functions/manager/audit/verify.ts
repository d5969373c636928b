import { z } from 'zod';
import { verifyTrail } from '#domain/vault/audit-trail.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { actorOf, managerPath, readManager, tags } from '../fields.ts';

export const verify = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/audit/verify',
  summary: 'Verify the chain of the audit trail',
  description:
    'An addition to the document. Whoever keeps the `head` of an earlier answer can tell later that nothing before it was rewritten.',
  tags: tags.security,
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: managerPath },
  responses: {
    200: {
      description: 'Whether every entry is there and as it was written',
      schema: z
        .strictObject({
          valid: z.boolean(),
          entries: z.int().meta({ description: 'Those that are valid, from the first on' }),
          head: z.string().meta({ description: 'The hash of the last entry' }),
          broken_at: z.int().nullable(),
          reason: z.string().nullable(),
        })
        .meta({ id: 'AuditVerification' }),
    },
  },
  resource: readManager,
  async handler(input, services) {
    const { resource: of } = input;
    const access = { action: 'audit_verify' } as const;
    const {
      broken_at = null,
      reason = null,
      ...found
    } = await auditAccess(services, of, actorOf(input), access, () => verifyTrail(services.adapters.table, of));
    return { status: 200, body: { ...found, broken_at, reason } };
  },
});
