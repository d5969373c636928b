import { keys } from '../keys.ts';
import { TransactionFailedError } from '../ports/errors.ts';
import type { Table, Write } from '../ports/table/port.ts';
import { NEW_ACCOUNT } from './record.ts';
import { creation, takenNames, type User } from './users.ts';

/** The first user of a new account, its administrator; the account gets the same id. */
export type Founder = Omit<User, 'account_id' | 'role' | 'removed'>;

/**
 * Throws `ConflictError`, naming the field, if the username or the e-mail address is taken.
 * @param more writes that succeed or fail with it; if one of them fails, `TransactionFailedError` is thrown
 */
export async function createAccount(table: Table, founder: Founder, more: readonly Write[] = []): Promise<User> {
  const { id, created_at } = founder;
  const first: User = { ...founder, account_id: id, role: 'admin' };
  try {
    await table.transact([
      ...creation(first),
      { kind: 'put', item: { ...keys.account(id), id, created_at, ...NEW_ACCOUNT }, condition: { kind: 'absent' } },
      ...more,
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    throw takenNames(first, error.failed) ?? error;
  }
  return first;
}
