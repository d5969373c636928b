import { NotFoundError } from '../errors.ts';
import { indexes, keys } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { type Batch, batch } from './record.ts';

export async function findBatch(table: Table, accountId: string, id: string): Promise<Batch | undefined> {
  const item = await table.get(keys.batch(accountId, id));
  return item && batch.parse(item);
}

/** Throws `NotFoundError`, also for one of another account. */
export async function getBatch(table: Table, accountId: string, id: string): Promise<Batch> {
  const found = await findBatch(table, accountId, id);
  if (!found) throw new NotFoundError(`Batch prediction ${id} not found`);
  return found;
}

/** The queued and running ones of all accounts, oldest first. */
export async function listActiveBatches(table: Table): Promise<Batch[]> {
  const items = await readAll(table, { index: 'byIndex', partition: indexes.activeBatches });
  return items.map((item) => batch.parse(item));
}
