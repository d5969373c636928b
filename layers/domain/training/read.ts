import { NotFoundError } from '../errors.ts';
import { indexes, keys } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { type Job, parseJob } from './record.ts';

export async function findJob(table: Table, accountId: string, id: string): Promise<Job | undefined> {
  const item = await table.get(keys.job(accountId, id));
  return item && parseJob(item);
}

/** Throws `NotFoundError`, also for a job of another account. */
export async function getJob(table: Table, accountId: string, id: string): Promise<Job> {
  const found = await findJob(table, accountId, id);
  if (!found) throw new NotFoundError(`Training job ${id} not found`);
  return found;
}

/** The queued and running jobs of all accounts, oldest first. */
export async function listActive(table: Table): Promise<Job[]> {
  const items = await readAll(table, { index: 'byIndex', partition: indexes.active });
  return items.map(parseJob);
}
