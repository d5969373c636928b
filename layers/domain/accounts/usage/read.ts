/** An account's usage: of a month, and now. Three reads, however much the account has. */
import type { Table } from '../../ports/table/port.ts';
import { getAccount } from '../read.ts';
import type { Account } from '../record.ts';
import { readCalls } from './calls.ts';
import { type MonthUsage, readMonth } from './month.ts';
import { countStorage } from './storage.ts';

export interface Usage {
  readonly account: Account;
  readonly calls: number;
  readonly month: MonthUsage;
}

/** `month` such as `2026-01`. Throws `NotFoundError`. */
export async function readUsage(table: Table, accountId: string, month: string): Promise<Usage> {
  const [account, calls, used] = await Promise.all([
    getAccount(table, accountId),
    readCalls(table, accountId, month),
    readMonth(table, accountId, month),
  ]);
  return { account: await countStorage(table, account), calls, month: used };
}
