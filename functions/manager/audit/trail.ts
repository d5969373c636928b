import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import type { AuditEntry } from '#domain/vault/audit.ts';
import { ACTION_TYPES, filteredEntries } from '#domain/vault/audit-trail.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { actorOf, managerPath, readManager, tags, time } from '../fields.ts';
import { auditFilter, filterOf } from './filter.ts';

const query = z.strictObject({
  ...auditFilter,
  page: z.int().min(1).max(LIMITS.page).default(1).meta({ description: 'An addition' }),
  limit: z.int().min(1).max(LIMITS.vault.pageSize).default(100).meta({ description: 'An addition' }),
});

const answered = z
  .strictObject({
    timestamp: time,
    action: z.string().meta({ example: 'model_load' }),
    model_name: z.string().nullable().meta({ example: 'classifier_v2.1' }),
    user_id: z
      .string()
      .meta({ description: 'The beginning of the hash of the API key, or a user', example: 'key_5f2b' }),
    ip_address: z.string().meta({ example: '192.168.1.100' }),
    success: z.boolean(),
    seq: z.int().meta({ description: 'An addition: its number in the chain' }),
    reason: z.string().nullable().meta({ description: 'An addition: the code of the error' }),
    request_id: z.string().meta({ description: 'An addition' }),
    hash: z.string().meta({ description: 'An addition' }),
    facts: z.record(z.string(), z.unknown()).meta({
      description: 'An addition: what else is known, such as the revision that was saved',
      example: { revision: '0198c0de-0000-7000-8000-000000000000' },
    }),
  })
  .meta({ id: 'AuditEntry' });

const show = (entry: AuditEntry): z.input<typeof answered> => ({
  timestamp: entry.timestamp,
  action: entry.action,
  model_name: entry.model_name ?? null,
  user_id: entry.user_id,
  ip_address: entry.ip_address,
  success: entry.success,
  seq: entry.seq,
  reason: entry.reason ?? null,
  request_id: entry.request_id,
  hash: entry.hash,
  facts: entry.facts ?? {},
});

export const trail = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/audit/trail',
  summary: 'Read the audit trail of a manager',
  description: `The newest first. Pages that follow \`next_before_seq\` have each entry once, although reading the trail is an entry as well. \`action_type\` is one of ${ACTION_TYPES.join(', ')}; \`model_access\` is every load, info and download.`,
  tags: tags.security,
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: managerPath, query },
  responses: {
    200: {
      description: 'The entries',
      schema: z
        .strictObject({
          audit_entries: z.array(answered),
          total_entries: z.int(),
          next_before_seq: z.int().nullable().meta({
            description: 'An addition: the `before_seq` of a request for those that follow, if there are more',
          }),
        })
        .meta({ id: 'AuditTrail' }),
    },
  },
  resource: readManager,
  async handler(input, services) {
    const {
      resource: of,
      query: { page, limit, ...filter },
    } = input;
    const first = (page - 1) * limit;
    const shown: AuditEntry[] = [];
    let total = 0;
    await auditAccess(services, of, actorOf(input), { action: 'audit_trail' }, async () => {
      for await (const entry of filteredEntries(services.adapters.table, of, filterOf(filter))) {
        if (total >= first && shown.length < limit) shown.push(entry);
        total += 1;
      }
    });
    const next = total > first + shown.length ? (shown.at(-1)?.seq ?? null) : null;
    return { status: 200, body: { audit_entries: shown.map(show), total_entries: total, next_before_seq: next } };
  },
});
