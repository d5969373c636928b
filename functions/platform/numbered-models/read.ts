import { getModelByNumber } from '#domain/models/numbers.ts';
import { route } from '#functions/http/route.ts';
import { numberedModel, numberPath, showNumbered } from './fields.ts';

export const read = route({
  method: 'GET',
  path: '/api/v1/models/{model_id}',
  summary: 'Get a model by its number',
  tags: ['Numbered models'],
  authentication: 'operator',
  scope: 'read',
  cost: 'request',
  request: { path: numberPath },
  responses: { 200: { description: 'The model', schema: numberedModel } },
  resource: ({ caller, path }, { adapters }) => getModelByNumber(adapters.table, caller.accountId, path.model_id),
  handler: ({ resource: model }) => ({ status: 200, body: showNumbered(model) }),
});
