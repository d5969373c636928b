import { publishEvent } from '#domain/events/outbox.ts';
import { blobKeys } from '#domain/keys.ts';
import { deleteModel } from '#domain/models/change.ts';
import { route } from '#functions/http/route.ts';
import { deleteFiles } from '../delete-files.ts';
import { modelPath } from './fields.ts';

export const remove = route({
  method: 'DELETE',
  path: '/models/{model_id}',
  summary: 'Delete a trained model',
  tags: ['Models'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: modelPath },
  responses: { 204: { description: 'Deleted' } },
  async handler({ caller, path }, { adapters, logger }) {
    const event = await deleteModel(adapters.table, caller.accountId, path.model_id, adapters.now());
    await publishEvent(adapters, event, (message, about) => logger.warn(message, about));
    await deleteFiles(adapters, logger, 'artifacts', blobKeys.modelPrefix(caller.accountId, path.model_id));
    return { status: 204 };
  },
});
