import { z } from 'zod';
import { isoTime } from '#domain/times.ts';
import { appendAudit } from '#domain/vault/audit.ts';
import { getBackup } from '#domain/vault/backups.ts';
import { STAGED_SECONDS, signedSeconds, stagedArchive } from '#domain/vault/staged.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, backupPath, readManager, tags, time } from '../fields.ts';
import { runOrQueue } from '../jobs/run-or-queue.ts';
import { archiveSize } from './archive.ts';
import { archiveWork } from './archive-work.ts';
import { ARCHIVE_GOING, archiveGoingOn } from './fields.ts';

export const archive = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/backup/{backup_name}/archive',
  summary: 'Get a URL from which the archive of a backup of any size is downloaded',
  description: `An addition to the document: what \`GET …/download\` streams, also where it is too large for that, for ${STAGED_SECONDS / 60} minutes.`,
  tags: tags.backups,
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: backupPath },
  responses: {
    200: {
      description: 'The URL',
      schema: z
        .strictObject({
          backup_name: z.string().meta({ example: 'daily_backup_20250115' }),
          download_url: z.string().meta({ description: 'Takes ranges, so that it can be fetched in parts' }),
          size_bytes: z.int(),
          hash: z.string().meta({ description: 'SHA-256 of the archive, in hexadecimal' }),
          expires_at: time,
        })
        .meta({ id: 'BackupArchive' }),
    },
    202: { description: 'Going on: repeat the request until it has the end', schema: archiveGoingOn },
  },
  errors: [409, 422],
  resource: readManager,
  async handler(input, services) {
    const { resource: of, path } = input;
    const { table, blobs, now } = services.adapters;
    const by = actorOf(input);
    const ask = () =>
      auditFailure(services, of, by, { action: 'backup_download' }, async () => {
        const backup = await getBackup(table, of, path.backup_name);
        const request = { backup: backup.name };
        const bytes = await archiveSize(services, backup);
        return runOrQueue(services, of, by, { kind: 'archive', request, secrets: {}, bytes }, archiveWork);
      });
    let outcome = await ask();
    // The result of a job that nobody asked for within the hour.
    if ('done' in outcome && outcome.done.until <= now()) outcome = await ask();
    if ('going' in outcome) return { status: 202, body: ARCHIVE_GOING };
    const { id, until, size, sha256, filename } = outcome.done;
    const event = { action: 'backup_download', success: true, facts: { backup: path.backup_name } } as const;
    await appendAudit(table, of, by, event, now);
    const expiresInSeconds = await signedSeconds(blobs.backups, until, now());
    const download_url = await blobs.backups.presignGet(stagedArchive(of, id).file, {
      expiresInSeconds,
      filename: filename ?? `${path.backup_name}.tar.gz`,
    });
    return {
      status: 200,
      body: {
        backup_name: path.backup_name,
        download_url,
        size_bytes: size,
        hash: sha256,
        expires_at: isoTime(now() + expiresInSeconds * 1000),
      },
    };
  },
});
