import { getBatch } from '#domain/predictions/read.ts';
import { route } from '#functions/http/route.ts';
import { batchAnswer, batchPath, showBatch } from './fields.ts';

export const read = route({
  method: 'GET',
  path: '/predictions/batch/{batch_id}',
  summary: 'Get the status and the result of a batch prediction',
  description: 'An addition.',
  tags: ['Batch predictions'],
  authentication: 'account',
  scope: 'read',
  cost: 'request',
  request: { path: batchPath },
  responses: { 200: { description: 'The batch prediction', schema: batchAnswer } },
  resource: ({ caller, path }, { adapters }) => getBatch(adapters.table, caller.accountId, path.batch_id),
  handler: ({ resource: batch }) => ({ status: 200, body: showBatch(batch) }),
});
