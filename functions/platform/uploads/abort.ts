import { abortUpload, getUpload } from '#domain/datasets/uploads.ts';
import { route } from '#functions/http/route.ts';
import { uploadPath } from './fields.ts';

export const abort = route({
  method: 'DELETE',
  path: '/datasets/uploads/{upload_id}',
  summary: 'Abort an upload in parts',
  description: 'An addition to the document.',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: uploadPath },
  responses: { 204: { description: 'Given up' } },
  resource: ({ caller, path }, { adapters }) => getUpload(adapters.table, caller.accountId, path.upload_id),
  async handler({ resource: found }, { adapters }) {
    await abortUpload(adapters.table, adapters.blobs.datasets, found);
    return { status: 204 };
  },
});
