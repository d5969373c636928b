import { getModel } from '#domain/models/read.ts';
import { route } from '#functions/http/route.ts';
import { detailOf } from './detail.ts';
import { modelDetail, modelPath } from './fields.ts';

export const read = route({
  method: 'GET',
  path: '/models/{model_id}',
  summary: 'Get detailed information about a model',
  tags: ['Models'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: modelPath },
  responses: { 200: { description: 'The model', schema: modelDetail } },
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  async handler({ resource: model }, services) {
    return { status: 200, body: await detailOf(services, model) };
  },
});
