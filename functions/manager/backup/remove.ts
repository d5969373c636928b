import { z } from 'zod';
import { deleteDropped, dropBackup, getBackup } from '#domain/vault/backups.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, backupPath, readManager, tags } from '../fields.ts';

export const remove = route({
  method: 'DELETE',
  path: '/api/model-manager/{manager_id}/backup/{backup_name}',
  summary: 'Delete a backup',
  description: 'An addition to the document. Files that other backups hold stay.',
  tags: tags.backups,
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: backupPath },
  responses: {
    200: {
      description: 'Deleted',
      schema: z
        .strictObject({
          message: z.string().meta({ example: 'Backup deleted successfully' }),
          backup_name: z.string().meta({ example: 'daily_backup_20250115' }),
        })
        .meta({ id: 'BackupDeleted' }),
    },
  },
  resource: readManager,
  async handler(input, services) {
    const { resource: of, path } = input;
    const { table, blobs, now } = services.adapters;
    const by = actorOf(input);
    const dropped = await auditFailure(services, of, by, { action: 'backup_delete' }, async () => {
      const backup = await getBackup(table, of, path.backup_name);
      await dropBackup(table, backup, now, by);
      return backup;
    });
    try {
      await deleteDropped(table, blobs.backups, dropped, now());
    } catch (error) {
      // The schedule goes on with it.
      services.logger.error('the files of a backup are not deleted yet', { error: error as Error });
    }
    return { status: 200, body: { message: 'Backup deleted successfully', backup_name: dropped.name } };
  },
});
