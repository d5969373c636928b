import { datasetProfile } from '#domain/datasets/profile.ts';
import { getDataset } from '#domain/datasets/read.ts';
import { route } from '#functions/http/route.ts';
import { datasetPath } from './fields.ts';
import { readProfile } from './profile-of.ts';

export const profile = route({
  method: 'GET',
  path: '/datasets/{dataset_id}/profile',
  summary: 'Get the statistics of each column',
  description: 'An addition to the document.',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: datasetPath },
  responses: { 200: { description: 'The profile', schema: datasetProfile } },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getDataset(adapters.table, caller.accountId, path.dataset_id),
  async handler({ resource: found }, { adapters }) {
    return { status: 200, body: await readProfile(adapters, found) };
  },
});
