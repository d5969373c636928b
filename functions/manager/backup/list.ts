import { z } from 'zod';
import { listBackups } from '#domain/vault/backups.ts';
import { route } from '#functions/http/route.ts';
import { auditAccess } from '../audited.ts';
import { actorOf, managerPath, pageOf, paging, readManager, tags } from '../fields.ts';
import { backupSummary, showBackup } from './fields.ts';

const KINDS = ['named', 'scheduled', 'save', 'deletion', 'all'] as const;

const query = z.strictObject({
  ...paging,
  kind: z.enum(KINDS).optional().meta({ description: 'An addition. Left out, all but those made at a save' }),
});

export const list = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/backup/list',
  summary: 'List the backups of a manager',
  tags: tags.backups,
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: managerPath, query },
  responses: {
    200: {
      description: 'The backups, the newest first',
      schema: z
        .strictObject({ backups: z.array(backupSummary), total_backups: z.int() })
        .meta({ id: 'VaultBackupList' }),
    },
  },
  resource: readManager,
  async handler(input, services) {
    const { resource: of, query } = input;
    const { kind } = query;
    const backups = await auditAccess(services, of, actorOf(input), { action: 'backup_list' }, () =>
      listBackups(services.adapters.table, of),
    );
    const all = backups.filter((one) =>
      kind === undefined ? one.kind !== 'save' : kind === 'all' || one.kind === kind,
    );
    return { status: 200, body: { backups: pageOf(all, query).map(showBackup), total_backups: all.length } };
  },
});
