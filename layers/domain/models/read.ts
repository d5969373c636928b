import { NotFoundError } from '../errors.ts';
import { keys, prefixes } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { readAll } from '../ports/table/read-all.ts';
import { type Model, model } from './record.ts';

export async function findModel(table: Table, accountId: string, id: string): Promise<Model | undefined> {
  const item = await table.get(keys.model(accountId, id));
  return item && model.parse(item);
}

/** Throws `NotFoundError`, also for a model of another account. */
export async function getModel(table: Table, accountId: string, id: string): Promise<Model> {
  const found = await findModel(table, accountId, id);
  if (!found) throw new NotFoundError(`Model ${id} not found`);
  return found;
}

export async function listModels(table: Table, accountId: string): Promise<Model[]> {
  const items = await readAll(table, { partition: keys.account(accountId).pk, prefix: prefixes.models });
  return items.map((item) => model.parse(item));
}
