import { getUpload, signParts } from '#domain/datasets/uploads.ts';
import { route } from '#functions/http/route.ts';
import { showUpload, uploadAnswer, uploadPath } from './fields.ts';

export const read = route({
  method: 'GET',
  path: '/datasets/uploads/{upload_id}',
  summary: 'Get new URLs for the parts of an upload',
  description:
    'An addition to the document, for when the URLs have expired before all parts were sent. Parts that were sent stay.',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: uploadPath },
  responses: { 200: { description: 'The URLs of the parts', schema: uploadAnswer } },
  resource: ({ caller, path }, { adapters }) => getUpload(adapters.table, caller.accountId, path.upload_id),
  async handler({ resource: found }, { adapters }) {
    return { status: 200, body: showUpload(found.id, await signParts(adapters.blobs.datasets, found)) };
  },
});
