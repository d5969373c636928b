import { blobKeys } from '#domain/blob-keys.ts';
import { deleteBatch } from '#domain/predictions/endings.ts';
import { getBatch } from '#domain/predictions/read.ts';
import { route } from '#functions/http/route.ts';
import { deleteFiles } from '../delete-files.ts';
import { batchPath } from './fields.ts';

export const remove = route({
  method: 'DELETE',
  path: '/predictions/batch/{batch_id}',
  summary: 'Delete a batch prediction that has ended, with its file',
  description: 'An addition.',
  tags: ['Batch predictions'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: batchPath },
  responses: { 204: { description: 'Deleted' } },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getBatch(adapters.table, caller.accountId, path.batch_id),
  async handler({ resource: { account_id, id } }, { adapters, logger }) {
    await deleteBatch(adapters.table, account_id, id, adapters.now());
    await deleteFiles(adapters, logger, 'artifacts', blobKeys.batchPrefix(account_id, id));
    return { status: 204 };
  },
});
