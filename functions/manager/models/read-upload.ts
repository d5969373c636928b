import { findVaultUpload, signModelParts, uploadNotFound } from '#domain/vault/uploads.ts';
import { route } from '#functions/http/route.ts';
import { auditSuccess } from '../audited.ts';
import { actorOf, readManager, tags } from '../fields.ts';
import { showUpload, startedUpload, uploadPath } from '../upload-fields.ts';

export const readUpload = route({
  method: 'GET',
  path: '/api/model-manager/{manager_id}/models/uploads/{upload_id}',
  summary: 'Get new URLs for the parts of a model',
  description:
    'An addition to the document, for when the URLs have expired before all parts were sent. Parts that were sent stay.',
  tags: tags.models,
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: uploadPath },
  responses: { 200: { description: 'The URLs of the parts', schema: startedUpload } },
  resource: readManager,
  async handler(input, services) {
    const { table, blobs, now } = services.adapters;
    const { resource: manager, path } = input;
    const found = await findVaultUpload(table, manager, path.upload_id, now());
    if (!found) throw uploadNotFound(path.upload_id);
    const signed = await signModelParts(blobs.artifacts, manager, found, now());
    const event = { action: 'model_upload', model_name: found.name, facts: { upload_id: found.id } } as const;
    await auditSuccess(services, manager, actorOf(input), event);
    return { status: 200, body: showUpload(found.id, signed) };
  },
});
