import { z } from 'zod';
import { listBatches } from '#domain/predictions/lists.ts';
import { BATCH_STATUSES } from '#domain/predictions/record.ts';
import { route } from '#functions/http/route.ts';
import { id, nextCursor, pageAnswer, paging } from '../fields.ts';
import { batchAnswer, showBatch } from './fields.ts';

const query = z.strictObject({
  ...paging,
  status: z.enum(BATCH_STATUSES).optional().meta({ description: 'Filter by status' }),
  model_id: id.optional().meta({ description: 'Filter by model' }),
  dataset_id: id.optional().meta({ description: 'Filter by dataset' }),
});

const answer = z
  .strictObject({ ...pageAnswer, batches: z.array(batchAnswer), next_cursor: nextCursor })
  .meta({ id: 'BatchPredictionList' });

export const list = route({
  method: 'GET',
  path: '/predictions/batch',
  summary: 'List the batch predictions of the account, newest first',
  description: 'An addition.',
  tags: ['Batch predictions'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { query },
  responses: { 200: { description: 'One page', schema: answer } },
  async handler({ caller, query: { page, limit, cursor, ...filters } }, { adapters }) {
    const wanted = { page, limit, cursor, filters };
    const { records, nextCursor, ...found } = await listBatches(adapters.table, caller.accountId, wanted);
    return { status: 200, body: { ...found, limit, batches: records.map(showBatch), next_cursor: nextCursor } };
  },
});
