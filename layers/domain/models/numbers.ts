import { NotFoundError } from '../errors.ts';
import { keys } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { ensureLookups, numberItem } from './lookups.ts';
import { findModel } from './read.ts';
import type { Model } from './record.ts';

/** The account's model with this number, in two reads. Throws `NotFoundError`, also for one of another account. */
export async function getModelByNumber(table: Table, accountId: string, number: number): Promise<Model> {
  const id = (await idOf(table, accountId, number)) ?? (await idOfEarlier(table, accountId, number));
  const found = id === undefined ? undefined : await findModel(table, accountId, id);
  if (!found) throw new NotFoundError(`Model ${number} not found`);
  return found;
}

async function idOf(table: Table, accountId: string, number: number): Promise<string | undefined> {
  const item = await table.get(keys.modelNumber(accountId, number));
  return item && numberItem.parse(item).model_id;
}

/** A model of an earlier build may have no lookup yet. */
async function idOfEarlier(table: Table, accountId: string, number: number): Promise<string | undefined> {
  const added = await ensureLookups(table, accountId);
  return added ? idOf(table, accountId, number) : undefined;
}
