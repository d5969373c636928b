import { z } from 'zod';
import { DATASET_SORTS } from '#domain/datasets/lists.ts';
import { listNumbered } from '#domain/datasets/number-earlier.ts';
import { DATASET_STATUSES } from '#domain/datasets/record.ts';
import { LIMITS } from '#domain/limits.ts';
import { route } from '#functions/http/route.ts';
import { line, namePrefix, nextCursor, ORDERS, order, pageAnswer, paging, timeBefore, timeFrom } from '../fields.ts';
import { datasetAnswer, showDataset } from './fields.ts';

const query = z.strictObject({
  ...paging,
  sort_by: z.enum(DATASET_SORTS).default('created_at').meta({ description: 'Sort field' }),
  order: order.default('desc').meta({ description: 'Sort order' }),
  status: z.enum(DATASET_STATUSES).optional().meta({ description: 'An addition: filter by status' }),
  name: line(LIMITS.datasetName.max)
    .optional()
    .meta({ description: 'An addition: only those of exactly this name, which are its versions' }),
  name_prefix: namePrefix,
  uploaded_after: timeFrom,
  uploaded_before: timeBefore,
});

const answer = z
  .strictObject({ ...pageAnswer, datasets: z.array(datasetAnswer), next_cursor: nextCursor })
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
  async handler({ caller, query: { page, limit, cursor, sort_by, order, ...filters } }, { adapters }) {
    const wanted = { page, limit, cursor, sort: sort_by, order: ORDERS[order], filters };
    const { records, nextCursor, ...found } = await listNumbered(adapters.table, caller.accountId, wanted);
    return { status: 200, body: { ...found, limit, datasets: records.map(showDataset), next_cursor: nextCursor } };
  },
});
