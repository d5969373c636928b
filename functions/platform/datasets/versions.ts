import { z } from 'zod';
import { getNumbered } from '#domain/datasets/read.ts';
import { listVersions } from '#domain/datasets/versions.ts';
import { route } from '#functions/http/route.ts';
import { limit, nextCursor, paging } from '../fields.ts';
import { datasetAnswer, datasetPath, showDataset } from './fields.ts';

const answer = z
  .strictObject({ versions: z.array(datasetAnswer), next_cursor: nextCursor })
  .meta({ id: 'DatasetVersions' });

export const versions = route({
  method: 'GET',
  path: '/datasets/{dataset_id}/versions',
  summary: 'List the versions of a dataset, the latest first',
  description: 'An addition to the document: all datasets of the same name. Each has an id of its own.',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: datasetPath, query: z.strictObject({ limit, cursor: paging.cursor }) },
  responses: { 200: { description: 'One page', schema: answer } },
  resource: ({ caller, path }, { adapters }) => getNumbered(adapters.table, caller.accountId, path.dataset_id),
  async handler({ resource: found, query }, { adapters }) {
    const page = await listVersions(adapters.table, found, query);
    return { status: 200, body: { versions: page.versions.map(showDataset), next_cursor: page.nextCursor } };
  },
});
