import { NotFoundError } from '../errors.ts';
import { indexes, keys } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { numberEarlier } from './number-earlier.ts';
import { type Dataset, parseDataset, UNNUMBERED } from './record.ts';

export async function findDataset(table: Table, accountId: string, id: string): Promise<Dataset | undefined> {
  const item = await table.get(keys.dataset(accountId, id));
  return item && parseDataset(item);
}

/** With its version, also where an earlier build stored it without one. Throws `NotFoundError`. */
export async function getNumbered(table: Table, accountId: string, id: string): Promise<Dataset> {
  const found = await getDataset(table, accountId, id);
  if (found.version !== UNNUMBERED) return found;
  await numberEarlier(table, accountId, found.name);
  return getDataset(table, accountId, id);
}

/** Throws `NotFoundError`, also for a dataset of another account. */
export async function getDataset(table: Table, accountId: string, id: string): Promise<Dataset> {
  const found = await findDataset(table, accountId, id);
  if (!found) throw new NotFoundError(`Dataset ${id} not found`);
  return found;
}

/** The datasets of all accounts that are still processing, oldest first. */
export async function listProcessing(table: Table): Promise<Dataset[]> {
  const items = await readAll(table, { index: 'byIndex', partition: indexes.processing });
  return items.map(parseDataset);
}
