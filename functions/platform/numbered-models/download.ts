import { getModelByNumber } from '#domain/models/numbers.ts';
import { route } from '#functions/http/route.ts';
import { fileResponses, sendFile } from '../models/file.ts';
import { numberPath } from './fields.ts';
import { filenameOf, fileOf } from './files.ts';

export const download = route({
  method: 'GET',
  path: '/api/v1/models/{model_id}/download',
  summary: 'Download a model by its number',
  description: 'The file is named `model_{id}_{algorithm}`, as `curl -O -J` saves it.',
  tags: ['Numbered models'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  request: { path: numberPath },
  responses: fileResponses,
  resource: ({ caller, path }, { adapters }) => getModelByNumber(adapters.table, caller.accountId, path.model_id),
  handler: ({ resource: model }, services) =>
    sendFile(model, { file: fileOf(model), filename: filenameOf(model) }, services),
});
