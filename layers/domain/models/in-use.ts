/**
 * A job that starts from a model and a batch prediction that calls it count themselves in its `in_use`, in the
 * transactions that begin and end them. While there are any, the model cannot be deleted.
 */
import { keys } from '../keys.ts';
import type { Write } from '../ports/table/port.ts';

/** A write for the transaction that begins the use. It fails if there is no such model. */
export const beginUse = (accountId: string, modelId: string): Write => use(accountId, modelId, 1);

/** A write for the transaction that ends the use. */
export const endUse = (accountId: string, modelId: string): Write => use(accountId, modelId, -1);

const use = (accountId: string, modelId: string, by: number): Write => ({
  kind: 'update',
  key: keys.model(accountId, modelId),
  change: { add: { in_use: by } },
  condition: { kind: 'present' },
});
