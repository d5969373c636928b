import { z } from 'zod';
import { LIMITS } from '#domain/limits.ts';
import { getModel } from '#domain/models/read.ts';
import { route } from '#functions/http/route.ts';
import { contentTypeOf } from '#learning/files/names.ts';
import { fileErrors, fileHeaders } from '../send-file.ts';
import { modelPath } from './fields.ts';
import { baseNameOf, modelFileResponses, sendModelFile } from './file.ts';

const path = modelPath.extend({
  file: z.string().min(1).max(LIMITS.artifactName.max).meta({ example: 'learning-curves.svg' }),
});

export const artifact = route({
  method: 'GET',
  path: '/models/{model_id}/artifacts/{file}',
  summary: 'Download one of the files of a model',
  description: 'An addition to the document. It comes as a download: no browser shows it as a page of this server.',
  tags: ['Models'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path, headers: fileHeaders },
  responses: modelFileResponses('*/*'),
  errors: fileErrors,
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  handler({ resource: model, path: { file }, headers }, services) {
    const filename = `${baseNameOf(model)}-${file}`;
    return sendModelFile(model, { file, filename, contentType: contentTypeOf(file) }, headers, services);
  },
});
