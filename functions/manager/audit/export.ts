import { z } from 'zod';
import { filteredEntries } from '#domain/vault/audit-trail.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { actorOf, managerPath, readManager, tags } from '../fields.ts';
import { auditFilter, filterOf } from './filter.ts';

/** What a function's response can hold; older entries are exported by `before_seq`. */
const MOST_BYTES = 4_000_000;

export const exported = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/audit/export',
  summary: 'Export the audit trail as JSON Lines',
  description:
    'An addition to the document. One entry a line, the newest first, with all that its hash is of. Where there are more than fit, `X-Next-Before-Seq` is the `before_seq` of the next request.',
  tags: tags.security,
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: managerPath, query: z.strictObject(auditFilter) },
  responses: {
    200: {
      description: 'The entries',
      content: 'application/jsonl',
      headers: { 'X-Next-Before-Seq': 'Where to go on, if there are more' },
    },
  },
  resource: readManager,
  async handler(input, services) {
    const { resource: of, query } = input;
    const lines: string[] = [];
    let bytes = 0;
    let last: number | undefined;
    let next: number | undefined;
    await auditAccess(services, of, actorOf(input), { action: 'audit_export' }, async () => {
      for await (const entry of filteredEntries(services.adapters.table, of, filterOf(query))) {
        const line = `${JSON.stringify(entry)}\n`;
        bytes += Buffer.byteLength(line);
        if (bytes > MOST_BYTES) {
          next = last;
          break;
        }
        lines.push(line);
        last = entry.seq;
      }
    });
    const headers = {
      'Content-Disposition': `attachment; filename="${of.id}-audit.jsonl"`,
      ...(next === undefined ? {} : { 'X-Next-Before-Seq': String(next) }),
    };
    return { status: 200, headers, body: lines.join('') };
  },
});
