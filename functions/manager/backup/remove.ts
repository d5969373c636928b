import { z } from 'zod';
import type { Backup } from '#domain/vault/backup.ts';
import { deleteDropped, dropBackup, getBackup } from '#domain/vault/backups.ts';
import { BackupExistsError, BackupNotFoundError } from '#domain/vault/errors.ts';
import type { Manager } from '#domain/vault/manager.ts';
import { findUnfinished } from '#domain/vault/unfinished-backups.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, backupPath, readManager, tags } from '../fields.ts';
import type { VaultServices } from '../services.ts';

export const remove = route({
  method: 'DELETE',
  path: '/api/model-manager/{manager_id}/backup/{backup_name}',
  summary: 'Delete a backup',
  description:
    'An addition to the document. Files that other backups hold stay. One whose making was broken off goes as well; one that is being made is 409.',
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
  errors: [409],
  resource: readManager,
  async handler(input, services) {
    const { resource: of, path } = input;
    const { table, blobs, now } = services.adapters;
    const by = actorOf(input);
    const dropped = await auditFailure(services, of, by, { action: 'backup_delete' }, async () => {
      const backup = await getBackup(table, of, path.backup_name).catch((error: unknown) =>
        brokenOff(services, of, path.backup_name, error),
      );
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

/** One whose making was broken off, which otherwise goes within an hour. Throws `otherwise`, and `BackupExistsError`. */
async function brokenOff({ adapters }: VaultServices, of: Manager, name: string, otherwise: unknown): Promise<Backup> {
  const { table, now } = adapters;
  if (!(otherwise instanceof BackupNotFoundError)) throw otherwise;
  const found = await findUnfinished(table, of, name, now());
  if (!found) throw otherwise;
  if (found.isInHand) throw new BackupExistsError(of.id, name, 'in_hand');
  return found.backup;
}
