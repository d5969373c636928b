import { getModelByNumber } from '#domain/models/numbers.ts';
import { route } from '#functions/http/route.ts';
import { deletionAnswer, deletionQuery, whatWouldGo } from '../models/dry-run.ts';
import { removeModel } from '../models/removal.ts';
import { numberPath } from './fields.ts';

export const remove = route({
  method: 'DELETE',
  path: '/api/v1/models/{model_id}',
  summary: 'Delete a model and its files by its number',
  tags: ['Numbered models'],
  authentication: 'operator',
  scope: 'admin',
  cost: 'request',
  request: { path: numberPath, query: deletionQuery },
  responses: {
    200: { description: 'What would be deleted, with `dry_run`', schema: deletionAnswer },
    204: { description: 'Deleted' },
  },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getModelByNumber(adapters.table, caller.accountId, path.model_id),
  async handler({ resource: model, query: { dry_run } }, services) {
    if (dry_run === 'true') return { status: 200, body: await whatWouldGo(model, services) };
    await removeModel(model, services);
    return { status: 204 };
  },
});
