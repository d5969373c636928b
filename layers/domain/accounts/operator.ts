/**
 * The operator's account: that of whoever works at the machine that Trainyard runs on. It is the one that the host was
 * told to take, else the first that was registered, else one that is made when it is first needed.
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

/** What the one-machine host says of a request that is the operator's. */
export const operatorAuthorizer = z.object({
  principalId: z.literal('operator'),
  accountId: z.string(),
  /** `key`: one of the operator's API keys came. `loopback`: the call comes from a program on this machine. */
  by: z.enum(['key', 'loopback']),
});
export type OperatorAuthorizer = z.infer<typeof operatorAuthorizer>;

const stored = z.object({ account_id: z.string() });

/** No password has it. */
const NO_PASSWORD = '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

/** The account that was registered first is the operator's where nobody says otherwise. */
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
 * @throws NotFoundError where nobody has that name
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
  const founder = {
    id,
    // Two hosts may do so at once: only names that differ are both free.
    username: `operator-${id.slice(-12)}`,
    email: `operator-${id.slice(-12)}@localhost.invalid`,
    full_name: 'Operator of this machine',
    password_hash: NO_PASSWORD,
    created_at: isoTime(now),
  };
  await createAccount(table, founder);
  await rememberFirstAccount(table, id);
  return stored.parse(await table.get(keys.operator())).account_id;
}
