import { completedAlready, findCompletedUpload, giveUpModelUpload } from '#domain/vault/ended-uploads.ts';
import { findVaultUpload, uploadNotFound } from '#domain/vault/uploads.ts';
import { route } from '#functions/http/route.ts';
import { auditFailure } from '../audited.ts';
import { actorOf, readManager, tags } from '../fields.ts';
import type { FileServices } from '../services.ts';
import { uploadPath } from '../upload-fields.ts';
import { earlyFiles } from './early-files.ts';

export const giveUpUpload = route({
  method: 'DELETE',
  path: '/api/model-manager/{manager_id}/models/uploads/{upload_id}',
  summary: 'Give up the upload of a model',
  description:
    'An addition to the document. What was sent is deleted at once. One that was completed is 409: delete the model instead.',
  tags: tags.models,
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: uploadPath },
  responses: { 204: { description: 'Given up' } },
  errors: [409],
  resource: readManager,
  async handler(input, services: FileServices) {
    const { resource: manager, path } = input;
    const { table, blobs, now } = services.adapters;
    const by = actorOf(input);
    const id = path.upload_id;
    await auditFailure(services, manager, by, { action: 'model_upload', facts: { upload_id: id } }, async () => {
      const upload = await findVaultUpload(table, manager, id, now());
      if (upload) return giveUpModelUpload(manager, upload, { table, blobs: blobs.artifacts, by, now });
      const done = await findCompletedUpload(table, manager, id, now());
      throw done ? completedAlready(id, done.name) : uploadNotFound(id);
    });
    // What was made of its parts goes with them.
    await earlyFiles.drop(services, id);
    return { status: 204 };
  },
});
