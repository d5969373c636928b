import { appendAudit } from '#domain/vault/audit.ts';
import { archiveName, archiveType } from '#domain/vault/backup.ts';
import { getBackup } from '#domain/vault/backups.ts';
import { UnsupportedModelError } from '#domain/vault/errors.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, backupPath, readManager, tags } from '../fields.ts';
import { archiveOf, archiveSize } from './archive.ts';

export const download = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/backup/{backup_name}/download',
  summary: 'Download a backup as an archive',
  description:
    'An addition to the document: the `.tar.gz` of its `backup_path`, or the `.tar` where it was made with `compress: false`. What is encrypted stays so. `POST …/backup/upload` takes it back.',
  tags: tags.backups,
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: backupPath },
  responses: {
    200: {
      description: 'The archive',
      content: 'application/gzip',
      headers: { 'Content-Disposition': 'A name for the file' },
    },
  },
  errors: [422],
  resource: readManager,
  async handler(input, services) {
    const { resource: of, path } = input;
    const { table, now } = services.adapters;
    const by = actorOf(input);
    const backup = await auditFailure(services, of, by, { action: 'backup_download' }, async () => {
      const found = await getBackup(table, of, path.backup_name);
      const size = await archiveSize(services, found);
      const most = services.settings.streamedBytes;
      if (size > most) {
        const facts = { manager_id: of.id, backup_name: found.name, size_bytes: size, limit_bytes: most };
        throw new UnsupportedModelError(
          `The backup has ${size} bytes, of which a download carries at most ${most}; POST …/backup/${found.name}/archive has one of any size`,
          facts,
        );
      }
      return found;
    });
    const event = { action: 'backup_download', success: true, facts: { backup: backup.name } } as const;
    await appendAudit(table, of, by, event, now);
    const headers = {
      'Content-Type': archiveType(backup),
      'Content-Disposition': `attachment; filename="${archiveName(backup)}"`,
    };
    return { status: 200, headers, body: archiveOf(services, backup) };
  },
});
