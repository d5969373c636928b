import { z } from 'zod';
import { extendUpload } from '#domain/vault/ended-uploads.ts';
import { joinParts, stagedArchive } from '#domain/vault/staged.ts';
import { findArchiveUpload } from '#domain/vault/uploads.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { uploadedParts } from '#functions/http/upload-fields.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, readManager, tags } from '../fields.ts';
import { runOrQueue } from '../jobs/run-or-queue.ts';
import { uploadPath } from '../upload-fields.ts';
import { ARCHIVE_GOING, archiveGoingOn, backupSummary } from './fields.ts';
import type { ImportProgress } from './import-archive.ts';
import { importWork } from './import-work.ts';

const body = z.strictObject({ parts: uploadedParts }).meta({ id: 'ArchiveUploadCompletion' });

export const completeUpload = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/backup/uploads/{upload_id}/complete',
  summary: 'Add a backup from an archive whose parts have been uploaded',
  description:
    'An addition to the document. Restore from it afterwards. A large archive outlasts the request. Repeated, it has the same answer.',
  tags: tags.backups,
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: uploadPath, body: json(body) },
  responses: {
    201: { description: 'Added', schema: backupSummary },
    202: { description: 'Going on: repeat the request until it has the end', schema: archiveGoingOn },
  },
  errors: [409],
  resource: readManager,
  async handler(input, services) {
    const { resource: manager, path, body: given } = input;
    const { table, blobs, now } = services.adapters;
    const by = actorOf(input);
    const upload = await findArchiveUpload(table, manager, path.upload_id, now());
    const request = { upload_id: path.upload_id };
    const wanted = { kind: 'import', request, secrets: {}, bytes: upload?.file_size ?? 0 } as const;
    const outcome = await auditFailure(services, manager, by, { action: 'backup_create' }, () =>
      runOrQueue(services, manager, by, wanted, {
        read: importWork.read,
        run: async (_, asked, before: ImportProgress | undefined, pace) => {
          if (upload) await joinParts(blobs.backups, stagedArchive(manager, upload.id), upload, given.parts);
          return importWork.run(services, asked, before, pace);
        },
      }),
    );
    if (!('going' in outcome)) return { status: 201, body: outcome.done };
    await extendUpload(table, manager, { id: path.upload_id, kind: 'archive' }, now());
    return { status: 202, body: ARCHIVE_GOING };
  },
});
