import { giveUpArchiveUpload } from '#domain/vault/ended-uploads.ts';
import { findArchiveUpload, uploadNotFound } from '#domain/vault/uploads.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, readManager, tags } from '../fields.ts';
import { uploadPath } from '../upload-fields.ts';

export const giveUpUpload = route({
  method: 'DELETE',
  path: '/api/model-manager/{manager_id}/backup/uploads/{upload_id}',
  summary: 'Give up the upload of an archive',
  description: 'An addition to the document. What was sent is deleted at once.',
  tags: tags.backups,
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: uploadPath },
  responses: { 204: { description: 'Given up' } },
  resource: readManager,
  async handler(input, services) {
    const { resource: manager, path } = input;
    const { table, blobs, now } = services.adapters;
    const by = actorOf(input);
    const id = path.upload_id;
    await auditFailure(services, manager, by, { action: 'backup_upload', facts: { upload_id: id } }, async () => {
      const upload = await findArchiveUpload(table, manager, id, now());
      if (!upload) throw uploadNotFound(id);
      await giveUpArchiveUpload(manager, upload, { table, blobs: blobs.backups, by, now });
    });
    return { status: 204 };
  },
});
