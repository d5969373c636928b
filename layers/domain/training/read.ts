import { NotFoundError } from '../errors.ts';
import { indexes, keys } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { type Job, job } from './record.ts';

export async function findJob(table: Table, accountId: string, id: string): Promise<Job | undefined> {
  const item = await table.get(keys.job(accountId, id));
  return item && job.parse(item);
}

/** Throws `NotFoundError`, also for another account's. */
export async function getJob(table: Table, accountId: string, id: string): Promise<Job> {
  const found = await findJob(table, accountId, id);
  if (!found) throw new NotFoundError(`Training job ${id} not found`);
  return found;
}

/** Queued or running, the oldest first, of all accounts. */
export async function listActive(table: Table): Promise<Job[]> {
  const items = await readAll(table, { index: 'byIndex', partition: indexes.active });
  return items.map((item) => job.parse(item));
}
