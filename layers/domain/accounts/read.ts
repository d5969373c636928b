import { z } from 'zod';
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

/** An id that no account has. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** By username, ignoring case. Reads as often for an unknown name, so that timing does not reveal it. */
export async function findAccountByUsername(table: Table, username: string): Promise<Account | undefined> {
  const taken = await table.get(keys.username(username));
  return findAccount(table, taken ? z.string().parse(taken.account_id) : NOBODY);
}
