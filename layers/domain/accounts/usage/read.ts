/** An account's usage: of a month, and now. Four reads, however much the account has. */
import type { Table } from '../../ports/table/port.ts';
import { getAccount } from '../read.ts';
import type { Account } from '../record.ts';
import { callsNow, readCalls } from './calls.ts';
import { type MonthUsage, readMonth } from './month.ts';
import { countStorage } from './storage.ts';

export interface Usage {
  readonly account: Account;
  readonly calls: number;
  /** In the present hour. */
  readonly callsNow: number;
  readonly month: MonthUsage;
}

/** `month` such as `2026-01`; `now` in epoch milliseconds. Throws `NotFoundError`. */
export async function readUsage(table: Table, accountId: string, month: string, now: number): Promise<Usage> {
  const [account, calls, thisHour, used] = await Promise.all([
    getAccount(table, accountId),
    readCalls(table, accountId, month),
    callsNow(table, accountId, now),
    readMonth(table, accountId, month),
  ]);
  return { account: await countStorage(table, account), calls, callsNow: thisHour, month: used };
}
