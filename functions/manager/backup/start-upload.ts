import { z } from 'zod';
import { newId } from '#domain/ids.ts';
import { reserveBytes } from '#domain/installation/storage.ts';
import { STAGED_SECONDS } from '#domain/vault/staged.ts';
import { startArchiveUpload } from '#domain/vault/uploads.ts';
import { json } from '#functions/http/body/json.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure, auditSuccess } from '../audited.ts';
import { actorOf, managerPath, readManager, tags } from '../fields.ts';
import { showUpload, startedUpload } from '../upload-fields.ts';

/** Of the bucket: a part holds 16 MiB and more, and there are 10,000 at most. */
const MOST_BYTES = 500_000_000_000;

const body = z
  .strictObject({ file_size: z.int().min(1).max(MOST_BYTES).meta({ example: 524_288_000 }) })
  .meta({ id: 'ArchiveUploadRequest' });

export const startUpload = route({
  method: 'POST',
  path: '/api/model-manager/{manager_id}/backup/uploads',
  summary: 'Start to take back an archive in parts',
  description: `An addition to the document, for archives that do not fit into a request. Put each part to its URL, and complete the upload within ${STAGED_SECONDS / 60} minutes.`,
  tags: tags.backups,
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: managerPath, body: json(body) },
  responses: { 201: { description: 'Started', schema: startedUpload } },
  resource: readManager,
  async handler(input, services) {
    const { resource: manager, body: given } = input;
    const { table, blobs, now } = services.adapters;
    const by = actorOf(input);
    await auditFailure(services, manager, by, { action: 'backup_upload' }, () =>
      reserveBytes(table, manager.account_id, given.file_size, services.settings.caps),
    );
    const id = newId(now());
    const started = await startArchiveUpload(table, blobs.backups, manager, { id, ...given }, now());
    await auditSuccess(services, manager, by, { action: 'backup_upload', facts: { upload_id: id } });
    return { status: 201, body: showUpload(id, started) };
  },
});
