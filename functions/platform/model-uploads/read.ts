import { signModelUpload } from '#domain/models/uploads.ts';
import { route } from '#functions/http/route.ts';
import { showUpload, uploadAnswer } from '../uploads/fields.ts';
import { importPath, readImport } from './fields.ts';

export const readModelImport = route({
  method: 'GET',
  path: '/models/import/uploads/{import_id}',
  summary: 'Get new URLs for the parts of an import',
  description:
    'An addition to the document, for when the URLs have expired before all parts were sent. Parts that were sent stay.',
  tags: ['Models'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: importPath },
  responses: { 200: { description: 'The URLs of the parts', schema: uploadAnswer } },
  resource: readImport,
  async handler({ resource: found }, { adapters: { blobs, now } }) {
    return { status: 200, body: showUpload(found.id, await signModelUpload(blobs.artifacts, found, now())) };
  },
});
