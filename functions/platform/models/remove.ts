import { getModel } from '#domain/models/read.ts';
import { route } from '#functions/http/route.ts';
import { deletionAnswer, deletionQuery, whatWouldGo } from './dry-run.ts';
import { modelPath } from './fields.ts';
import { removeModel } from './removal.ts';

export const remove = route({
  method: 'DELETE',
  path: '/models/{model_id}',
  summary: 'Delete a trained model',
  tags: ['Models'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: modelPath, query: deletionQuery },
  responses: {
    200: { description: 'What would be deleted, with `dry_run`', schema: deletionAnswer },
    204: { description: 'Deleted' },
  },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getModel(adapters.table, caller.accountId, path.model_id),
  async handler({ resource: model, query: { dry_run } }, services) {
    if (dry_run === 'true') return { status: 200, body: await whatWouldGo(model, services) };
    await removeModel(model, services);
    return { status: 204 };
  },
});
