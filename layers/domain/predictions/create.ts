import { ConflictError, NotFoundError, RateLimitError } from '../errors.ts';
import { indexes, keys } from '../keys.ts';
import { LIMITS } from '../limits.ts';
import { transactListed } from '../lists/change.ts';
import { beginUse } from '../models/in-use.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Condition, Table } from '../ports/table/port.ts';
import { batchLists } from './lists.ts';
import type { Batch } from './record.ts';

const SLOT_FREE: Condition = {
  kind: 'any',
  of: [
    { kind: 'missing', attribute: 'active_batches' },
    { kind: 'compare', attribute: 'active_batches', op: '<', value: LIMITS.activeBatches },
  ],
};

/**
 * Throws `RateLimitError` if all slots are in use, `NotFoundError` if dataset or model is deleted, `ConflictError` if the
 * dataset is not ready.
 */
export async function createBatch(table: Table, created: Batch): Promise<void> {
  const { account_id, id, dataset_id, model_id, created_at } = created;
  try {
    await transactListed(table, batchLists, account_id, { after: created }, [
      {
        kind: 'put',
        item: { ...keys.batch(account_id, id), ...created, ipk: indexes.activeBatches, isk: created_at },
        condition: { kind: 'absent' },
      },
      { kind: 'update', key: keys.account(account_id), change: { add: { active_batches: 1 } }, condition: SLOT_FREE },
      {
        kind: 'update',
        key: keys.dataset(account_id, dataset_id),
        change: { add: { in_use: 1 } },
        condition: { kind: 'compare', attribute: 'status', op: '=', value: 'ready' },
      },
      beginUse(account_id, model_id),
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    if (error.failed.includes(3)) throw new NotFoundError(`Model ${model_id} not found`);
    if (error.failed.includes(2)) {
      const exists = await table.get(keys.dataset(account_id, dataset_id));
      if (!exists) throw new NotFoundError(`Dataset ${dataset_id} not found`);
      throw new ConflictError(`Dataset ${dataset_id} is not ready`);
    }
    const most = LIMITS.activeBatches;
    throw new RateLimitError(60, `At most ${most} batch predictions may be queued or running at once; got ${most + 1}`);
  }
}
