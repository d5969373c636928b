import { blobKeys } from '#domain/blob-keys.ts';
import { deleteDataset } from '#domain/datasets/change.ts';
import { route } from '#functions/http/route.ts';
import { deleteFiles } from '../delete-files.ts';
import { datasetPath } from './fields.ts';

export const remove = route({
  method: 'DELETE',
  path: '/datasets/{dataset_id}',
  summary: 'Delete a dataset',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'admin',
  cost: 'request',
  request: { path: datasetPath },
  responses: { 204: { description: 'Deleted' } },
  errors: [409],
  async handler({ caller, path }, { adapters, logger }) {
    await deleteDataset(adapters.table, caller.accountId, path.dataset_id, adapters.now());
    await deleteFiles(adapters, logger, 'datasets', blobKeys.datasetPrefix(caller.accountId, path.dataset_id));
    return { status: 204 };
  },
});
