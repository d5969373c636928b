import { ConflictError } from '../errors.ts';
import { keys } from '../keys.ts';
import { ConditionFailedError, TransactionFailedError } from '../ports/errors.ts';
import type { Table } from '../ports/table/port.ts';
import { type Account, COUNTERS, type NewAccount } from './record.ts';

/** Rehashes the same password with today's parameters. Does nothing where the password was changed in the meantime. */
export async function replacePasswordHash(table: Table, of: Account, hash: string): Promise<void> {
  const unchanged = { kind: 'compare', attribute: 'password_hash', op: '=', value: of.password_hash } as const;
  try {
    await table.update(keys.account(of.id), { set: { password_hash: hash } }, unchanged);
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}

/** Throws `ConflictError`, naming the field, if the username or the e-mail address is taken. */
export async function createAccount(table: Table, created: NewAccount): Promise<void> {
  const absent = { kind: 'absent' } as const;
  const owner = { account_id: created.id };
  try {
    await table.transact([
      { kind: 'put', item: { ...keys.username(created.username), ...owner }, condition: absent },
      { kind: 'put', item: { ...keys.email(created.email), ...owner }, condition: absent },
      { kind: 'put', item: { ...keys.account(created.id), ...created, ...COUNTERS }, condition: absent },
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailedError)) throw error;
    const fields = (['username', 'email'] as const).filter((_, index) => error.failed.includes(index));
    throw new ConflictError(
      `${fields.join(' and ')} already taken`,
      fields.map((field) => ({ field, message: `already taken; got ${JSON.stringify(created[field])}` })),
    );
  }
}
