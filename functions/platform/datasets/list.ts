import { z } from 'zod';
import { listDatasets } from '#domain/datasets/read.ts';
import type { Dataset } from '#domain/datasets/record.ts';
import { route } from '#functions/http/route.ts';
import { limit, page, slicePage } from '../fields.ts';
import { datasetAnswer, showDataset } from './fields.ts';

const ORDERS: Readonly<Record<'name' | 'created_at' | 'size', (a: Dataset, b: Dataset) => number>> = {
  name: (a, b) => a.name.localeCompare(b.name, 'en'),
  created_at: (a, b) => Date.parse(a.uploaded_at) - Date.parse(b.uploaded_at),
  size: (a, b) => a.file_size - b.file_size,
};

const query = z.strictObject({
  page,
  limit,
  sort_by: z.enum(['name', 'created_at', 'size']).default('created_at').meta({ description: 'Sort field' }),
  order: z.enum(['asc', 'desc']).default('desc').meta({ description: 'Sort order' }),
});

const answer = z
  .strictObject({ total: z.int(), page: z.int(), limit: z.int(), datasets: z.array(datasetAnswer) })
  .meta({ id: 'DatasetList' });

export const list = route({
  method: 'GET',
  path: '/datasets',
  summary: 'List the datasets of the account',
  tags: ['Datasets'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { query },
  responses: { 200: { description: 'One page', schema: answer } },
  async handler({ caller, query: { page, limit, sort_by, order } }, { adapters }) {
    const all = await listDatasets(adapters.table, caller.accountId);
    const ascending = all.sort((a, b) => ORDERS[sort_by](a, b) || (a.id < b.id ? -1 : 1));
    const sorted = order === 'asc' ? ascending : ascending.reverse();
    const datasets = slicePage(sorted, { page, limit }).map(showDataset);
    return { status: 200, body: { total: all.length, page, limit, datasets } };
  },
});
