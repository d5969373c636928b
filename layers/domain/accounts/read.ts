import { NotFoundError } from '../errors.ts';
import { keys } from '../keys.ts';
import type { Table } from '../ports/table/port.ts';
import { type Account, account } from './record.ts';

export async function findAccount(table: Table, id: string): Promise<Account | undefined> {
  const item = await table.get(keys.account(id));
  return item && account.parse(item);
}

/** Throws `NotFoundError`. */
export async function getAccount(table: Table, id: string): Promise<Account> {
  const found = await findAccount(table, id);
  if (!found) throw new NotFoundError(`Account ${id} not found`);
  return found;
}
