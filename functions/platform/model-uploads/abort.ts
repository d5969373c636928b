import { abortModelUpload } from '#domain/models/uploads.ts';
import { route } from '#functions/http/route.ts';
import { importPath, readImport } from './fields.ts';

export const abortModelImport = route({
  method: 'DELETE',
  path: '/models/import/uploads/{import_id}',
  summary: 'Abort an import in parts',
  description: 'An addition to the document.',
  tags: ['Models'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: importPath },
  responses: { 204: { description: 'Given up' } },
  resource: readImport,
  async handler({ resource: found }, { adapters: { table, blobs } }) {
    await abortModelUpload(table, blobs.artifacts, found);
    return { status: 204 };
  },
});
