import { ConflictError } from '#domain/errors.ts';
import { cancelBatch } from '#domain/predictions/endings.ts';
import { getBatch } from '#domain/predictions/read.ts';
import { isoTime } from '#domain/times.ts';
import { route } from '#functions/http/route.ts';
import { publish } from '../publish.ts';
import { batchAnswer, batchPath, showBatch } from './fields.ts';

export const cancel = route({
  method: 'POST',
  path: '/predictions/batch/{batch_id}/cancel',
  summary: 'Cancel a batch prediction that is queued or running',
  description: 'An addition. No file is left.',
  tags: ['Batch predictions'],
  authentication: 'account',
  scope: 'train',
  cost: 'request',
  request: { path: batchPath },
  responses: { 200: { description: 'Cancelled', schema: batchAnswer } },
  errors: [409],
  resource: ({ caller, path }, { adapters }) => getBatch(adapters.table, caller.accountId, path.batch_id),
  async handler({ resource: batch }, services) {
    const { table, now } = services.adapters;
    const event = await cancelBatch(table, batch, isoTime(now()));
    const after = await getBatch(table, batch.account_id, batch.id);
    if (!event) throw new ConflictError(`Batch prediction ${batch.id} cannot be cancelled: it is ${after.status}`);
    await publish(event, services);
    return { status: 200, body: showBatch(after) };
  },
});
