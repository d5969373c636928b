import { type Awaitable, andThen } from '../awaitable.ts';
import { NotFoundError } from '../errors.ts';
import { keys } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { type Model, parseModel, parseServedModel, type ServedModel } from './record.ts';

export async function findModel(table: Table, accountId: string, id: string): Promise<Model | undefined> {
  const item = await table.get(keys.model(accountId, id));
  return item && parseModel(item);
}

/** Throws `NotFoundError`, also for a model of another account. */
export async function getModel(table: Table, accountId: string, id: string): Promise<Model> {
  const found = await findModel(table, accountId, id);
  if (!found) throw new NotFoundError(`Model ${id} not found`);
  return found;
}

/** What predictions need of a model, which takes less time than all of it. Throws `NotFoundError`, as `getModel` does. */
export function getServedModel(table: Table, accountId: string, id: string): Awaitable<ServedModel> {
  return andThen(table.get(keys.model(accountId, id)), (item) => {
    if (!item) throw new NotFoundError(`Model ${id} not found`);
    return parseServedModel(item);
  });
}
