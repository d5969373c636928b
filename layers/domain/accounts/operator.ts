/**
 * The account of the operator, who works on the machine on which Trainyard runs: the account of the user that the host is
 * configured with, else the first account that was registered, else an account that is created when it is first needed.
 */
import { z } from 'zod';
import { NotFoundError } from '../errors.ts';
import { newId } from '../ids.ts';
import { keys } from '../keys.ts';
import { ConditionFailedError } from '../ports/errors.ts';
import type { Table } from '../ports/table/port.ts';
import { isoTime } from '../times.ts';
import { createAccount } from './change.ts';
import { findUserByUsername } from './users.ts';

/** What the one-machine host adds to a request of the operator. */
export const operatorAuthorizer = z.object({
  principalId: z.literal('operator'),
  accountId: z.string(),
  /** `key`: the request has one of the operator's API keys. `loopback`: it comes from a program on this machine. */
  by: z.enum(['key', 'loopback']),
});
export type OperatorAuthorizer = z.infer<typeof operatorAuthorizer>;

const stored = z.object({ account_id: z.string() });

/** A hash that matches no password. */
const NO_PASSWORD = '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

/** Stores the first account that is registered: it is the operator's unless the host is configured otherwise. */
export async function rememberFirstAccount(table: Table, accountId: string): Promise<void> {
  try {
    await table.put({ ...keys.operator(), account_id: accountId }, { kind: 'absent' });
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
  }
}

/**
 * The id of the operator's account. `now` in epoch milliseconds.
 * @param username of a user of that account; without it the first account that was registered
 * @throws NotFoundError if no user has that name
 */
export async function operatorAccount(table: Table, username: string | undefined, now: number): Promise<string> {
  if (username !== undefined) {
    const user = await findUserByUsername(table, username);
    if (!user) throw new NotFoundError(`The operator must be a user; got ${username}, a name that nobody has`);
    return user.account_id;
  }
  const first = await table.get(keys.operator());
  if (first) return stored.parse(first).account_id;
  const id = newId(now);
  await foundOperator(table, id, now);
  return stored.parse(await table.get(keys.operator())).account_id;
}

/** Creates an account in which nobody can log in. It is the operator's if it is the first one. */
export async function foundOperator(table: Table, id: string, now: number): Promise<void> {
  const founder = {
    id,
    // Several requests may need it at once; each creates an account of its own, and the first one is stored.
    username: `operator-${id.slice(-12)}`,
    email: `operator-${id.slice(-12)}@localhost.invalid`,
    full_name: 'Operator of this machine',
    password_hash: NO_PASSWORD,
    created_at: isoTime(now),
  };
  await createAccount(table, founder);
  await rememberFirstAccount(table, id);
}
